// SPDX-License-Identifier: BSD-3-Clause
#include "gc/alarm.hpp"

#include <cerrno>

#include "gc/bdwgc.hpp"

namespace interlox::gc {

namespace {

void* await_bell(void* bell) {
  while (sem_wait(static_cast<sem_t*>(bell)) != 0 && errno == EINTR) {
  }
  return nullptr;
}

}  // namespace

Alarm::Alarm(Due due, void* context) : due_(due), context_(context), bell_() {
  sem_init(&bell_, 0, 0);  // can't fail: the value is small, and other processes have no part in it
  add_event_listener(on_event, this);
}

void Alarm::on_event(void* self, Event event) noexcept {
  auto& alarm = *static_cast<Alarm*>(self);
  if (event == Event::kEnd && alarm.due_(alarm.context_)) alarm.ring();
}

Alarm::~Alarm() {
  remove_event_listener(on_event, this);
  sem_destroy(&bell_);
}

void Alarm::wait() noexcept { GC_do_blocking(await_bell, &bell_); }

void Alarm::ring() noexcept {
  int rung = 0;
  // One is enough, however often there was something: who wakes does all there is.
  if (sem_getvalue(&bell_, &rung) == 0 && rung == 0) sem_post(&bell_);
}

}  // namespace interlox::gc
