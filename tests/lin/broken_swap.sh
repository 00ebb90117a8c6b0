#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs a program of lox_stage.cpp with a swap that is none: a get, and then a set. Shows that it is found.
sed 's/map\.swap(\(keys\[.\]\), \(.*\));/map.get(\1); map.set(\1, \2);/' | "$1" -
