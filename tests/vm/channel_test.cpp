// SPDX-License-Identifier: BSD-3-Clause
#include "vm/channel.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"

using namespace interlox::vm;
namespace gc = interlox::gc;
using namespace std::chrono_literals;

namespace {

Channel::Clock::time_point in(Channel::Clock::duration time) { return Channel::Clock::now() + time; }

double sum_until_closed(Channel& channel) {
  double sum = 0;
  for (Value v = channel.receive(); !v.is_absent(); v = channel.receive()) sum += v.as_number();
  return sum;
}

}  // namespace

TEST_CASE("values come out in order, and a channel knows what it holds") {
  Channel& channel = *Channel::make();
  for (int i = 0; i < 100; ++i) CHECK(channel.send(Value::number(i)));
  CHECK(channel.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(channel.receive().as_number() == i);
  CHECK(channel.size() == 0);
  CHECK(channel.receive(in(0s)).is_absent());
  CHECK(channel.receive(in(5ms)).is_absent());
}

TEST_CASE("a closed channel gives what is left and takes nothing") {
  Channel& channel = *Channel::make(2);
  CHECK(channel.send(Value::nil()));
  CHECK_FALSE(channel.is_closed());
  channel.close();
  channel.close();
  CHECK(channel.is_closed());
  CHECK_FALSE(channel.send(Value::nil()));
  CHECK(channel.receive().is_nil());
  CHECK(channel.receive().is_absent());
}

TEST_CASE("many threads lose and double nothing, in every mode, beside collections") {
  for (const std::uint64_t capacity :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5}, Channel::kUnbounded}) {
    constexpr int kThreads = 4;
    constexpr int kEach = 2000;
    Channel& channel = *Channel::make(capacity);
    std::atomic<double> total = 0;
    std::atomic<int> failed = 0;
    {
      std::vector<std::jthread> receivers;
      for (int i = 0; i < kThreads; ++i) {
        receivers.push_back(gc::start_thread([&] { total += sum_until_closed(channel); }));
      }
      {
        std::vector<std::jthread> senders;
        for (int i = 0; i < kThreads; ++i) {
          senders.push_back(gc::start_thread([&, i] {
            for (int n = 0; n < kEach; ++n) {
              if (!channel.send(Value::number(i * kEach + n))) ++failed;
            }
          }));
        }
        for (int i = 0; i < 3; ++i) gc::collect();
      }
      channel.close();
    }
    constexpr double kCount = kThreads * kEach;
    CHECK(failed == 0);
    CHECK(total == kCount * (kCount - 1) / 2);
  }
}

TEST_CASE("receivers whose time runs out race with senders, and no value is lost") {
  Channel& channel = *Channel::make(0);
  constexpr int kCount = 3000;
  std::atomic<int> received = 0;
  {
    const std::jthread sender = gc::start_thread([&] {
      for (int i = 0; i < kCount; ++i) channel.send(Value::number(i));
      channel.close();
    });
    std::vector<std::jthread> receivers;
    for (int i = 0; i < 3; ++i) {
      receivers.push_back(gc::start_thread([&] {
        while (!channel.is_closed()) {
          if (!channel.receive(in(20us)).is_absent()) ++received;
        }
      }));
    }
  }
  CHECK(received == kCount);
}

TEST_CASE("values survive collections in the queue and in waiting senders") {
  Channel& channel = *Channel::make(10);
  {
    std::vector<std::jthread> senders;
    for (int t = 0; t < 4; ++t) {
      senders.push_back(gc::start_thread([&] {
        for (int i = 0; i < 250; ++i)
          channel.send(Value::object(String::make("some text " + std::to_string(i))));
      }));
    }
    int good = 0;
    for (int i = 0; i < 1000; ++i) {
      if (i % 100 == 0) gc::collect();
      const Value v = channel.receive();
      good += as<String>(v)->view().substr(0, 10) == "some text " ? 1 : 0;
    }
    CHECK(good == 1000);
  }
}

TEST_CASE("close wakes waiting senders, whose values are not received") {
  Channel& channel = *Channel::make(0);
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 4; ++i) {
      senders.push_back(gc::start_thread([&] { refused += channel.send(Value::nil()) ? 0 : 1; }));
    }
    channel.close();
  }
  CHECK(refused == 4);
  CHECK(channel.receive().is_absent());
}
