// SPDX-License-Identifier: BSD-3-Clause
// A thermostat whose behaviour is a program of the language: docs/embedding.md walks through this file.
#include <cmath>
#include <interlox/interlox.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

using interlox::Arguments;
using interlox::Interpreter;
using interlox::Result;
using interlox::Value;

// What programs are to work with: an ordinary class.
class Sensor {
 public:
  explicit Sensor(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  double read() { return 18.0 + 0.5 * readings_++; }
  void reset(double readings) {
    if (readings < 0)
      throw std::runtime_error("A sensor can't be reset to " + std::to_string(readings) + ".");
    readings_ = readings;
  }

 private:
  std::string name_;
  double readings_ = 0;
};

// Shows what came of a call.
void show(const std::string& what, const Result& result) {
  std::cout << what << ": ";
  if (result.ok()) {
    std::cout << result.value().text().value().as_string() << '\n';
  } else {
    std::cout << "error: " << result.error().text << '\n';
  }
}

int main() {
  interlox::Options options;
  options.output = [](std::string_view text) { std::cout << "program: " << text; };
  Interpreter interpreter(options);

  // A function of the host, and a global that a program reads.
  interpreter.define("round", {1, 2}, [](Arguments in) {
    const double step = in.size() == 2 ? in[1].as_number() : 1;
    return std::round(in[0].as_number() / step) * step;
  });
  interpreter.set_global("config",
                         Value::map({{"target", 20.5}, {"rooms", Value::list({"kitchen", "bath"})}}));

  // A class of the host.
  interlox::Class<Sensor> sensor("Sensor");
  sensor.constructor(1, [](Arguments in) { return std::make_shared<Sensor>(in[0].as_string()); })
      .method("read", 0, [](Sensor& self, Arguments) { return self.read(); })
      .method("reset", 1, [](Sensor& self, Arguments in) { self.reset(in[0].as_number()); })
      .property("name", [](const Sensor& self) { return self.name(); });
  const Value sensor_class = interpreter.define(sensor);

  // The program. Its globals stay for what is called later.
  const Result loaded = interpreter.run(R"(
    class Room < Sensor {
      init(name) { super.init(name); this.log = []; }
      step() {
        this.log.add(round(this.read(), 0.5));
        return this.log[-1] < config["target"];
      }
    }
    var rooms = config["rooms"].map(fun (name) => Room(name));
    fun heat(room, times) {
      for (var i in 0..times) if (room.step()) print `${room.name}: heating at ${room.log[-1]}`;
      return room.log;
    }
  )",
                                        "thermostat.lox");
  if (!loaded) {
    std::cerr << loaded.error().text << '\n';
    return 1;
  }

  // Calls, and the values that they give.
  const Value kitchen = interpreter.eval("rooms[0]").value();
  const Value log = interpreter.call_global("heat", {kitchen, 6}).value();
  show("log", log);
  double sum = 0;
  for (const Value& reading : log.elements()) sum += reading.as_number();
  std::cout << "mean: " << sum / static_cast<double>(log.length()) << '\n';

  // The object of the host that is behind an instance; and an instance for an object that is there.
  std::cout << "next: " << kitchen.host<Sensor>()->read() << '\n';
  const auto outside = std::make_shared<Sensor>("outside");
  interpreter.set_global("outside", interpreter.wrap(sensor_class, outside));
  show("outside", interpreter.eval("`${outside.name}: ${outside.read()}`"));

  // What goes wrong in a program is a value.
  const Result failed = interpreter.run("fun fix() {\n  outside.reset(0 - 1);\n}\nfix();", "fix.lox");
  show("fix", failed);
  for (const interlox::Frame& frame : failed.error().trace) {
    if (!frame.file.empty())
      std::cout << "  at " << frame.file << ':' << frame.line << ':' << frame.column << '\n';
  }
  show("typo", interpreter.run("print roms;"));
  std::cout << "hint: " << interpreter.run("print roms;").error().hint << '\n';
  show("syntax", interpreter.run("print ;", "syntax.lox"));

  // What the host does wrong is an exception.
  try {
    log.as_number();
  } catch (const interlox::Misuse& misuse) {
    std::cout << "misuse: " << misuse.what() << '\n';
  }

  // Other threads need a scope.
  std::thread([&interpreter] {
    const interlox::ThreadScope scope;
    show("thread", interpreter.eval("rooms[1].step()"));
  }).join();
}
