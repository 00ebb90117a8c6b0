// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/results_file.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace interlox::bench {

namespace {
constexpr int kFormat = 1;  // raised when a field changes its meaning
}  // namespace

NLOHMANN_JSON_SERIALIZE_ENUM(Role, {{Role::kPeer, "peer"},
                                    {Role::kOurs, "ours"},
                                    {Role::kVariant, "variant"},
                                    {Role::kBaseline, "baseline"},
                                    {Role::kCeiling, "ceiling"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Figure, median, lowest, highest)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Bar, name, role, figure, extra)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Mark, value, met)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BarGroup, title, bars, marks)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BarChart, id, title, unit, note, extra_title, more_is_better, groups)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Point, x, y)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Line, name, role, points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineChart, title, x_title, y_title, note, ideal, lines)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Target, chart, what, against, unit, detail, at_least, limit, measured)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Part, name, title, intro, date, order, quick, rounds, targets, bar_charts,
                                   line_charts, contenders, notes, machine)

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  auto draft = file;
  draft += ".new";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("can't write " + draft.string());
  std::filesystem::rename(draft, file);
}

void write_part(const Part& part, const std::filesystem::path& directory) {
  nlohmann::json json = part;
  json["format"] = kFormat;
  write_file(directory / "parts" / (part.name + ".json"), json.dump(1) + "\n");
}

std::vector<Part> read_parts(const std::filesystem::path& directory) {
  std::vector<Part> parts;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "parts")) {
    if (entry.path().extension() != ".json") continue;
    try {
      std::ifstream in(entry.path(), std::ios::binary);
      const auto json = nlohmann::json::parse(in);
      if (json.at("format") != kFormat) throw std::runtime_error("it is of another format");
      parts.push_back(json.get<Part>());
    } catch (const std::exception& error) {
      throw std::runtime_error("can't read " + entry.path().string() +
                               " (run that part again, or delete it): " + error.what());
    }
  }
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.order != b.order ? a.order < b.order : a.name < b.name;
  });
  return parts;
}

}  // namespace interlox::bench
