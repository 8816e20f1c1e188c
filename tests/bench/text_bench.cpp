// Speed of the pure parts on the bulletins, in bytes per second on one core. memcpy and simdjson::validate_utf8 on
// 64 MiB of the same text show the speed of the machine.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "consumers/normaliser.hpp"
#include "tests/support/sections.hpp"

namespace {

using namespace ytterby;

// The bulletins next to the repository if present, otherwise the samples.
const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> found;
    for (const char* folder : {YTTERBY_SOURCE_DIR "/../shared/bulletins", YTTERBY_SOURCE_DIR "/ops/samples"}) {
      if (!found.empty() || !std::filesystem::is_directory(folder)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().filename() == "README.md") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        found.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      }
    }
    return found;
  }();
  return texts;
}

std::size_t TotalBytes() {
  std::size_t bytes = 0;
  for (const std::string& text : Texts()) bytes += text.size();
  return bytes;
}

const std::string& Large() {
  static const std::string large = [] {
    std::string text;
    while (text.size() < 64u << 20) {
      for (const std::string& one : Texts()) text += one;
    }
    return text;
  }();
  return large;
}

std::vector<Section> SectionsOf(const Normaliser& normaliser) {
  std::vector<Section> sections;
  for (const std::string& text : Texts()) {
    for (Section& section : testing::SectionsOf(text)) {
      if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) !=
          normaliser.categories.end())
        sections.push_back(std::move(section));
    }
  }
  return sections;
}

void Splitter(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string& text : Texts()) benchmark::DoNotOptimize(SplitText(text));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * TotalBytes()));
}
BENCHMARK(Splitter);

void Normalise(benchmark::State& state) {
  const Normaliser& normaliser = Normalisers()[static_cast<std::size_t>(state.range(0))];
  const std::vector<Section> sections = SectionsOf(normaliser);
  std::size_t bytes = 0;
  for (const Section& section : sections) bytes += section.text.size();
  for (auto _ : state) {
    for (const Section& section : sections) benchmark::DoNotOptimize(normaliser.normalise(section));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
  state.SetLabel(std::string(normaliser.consumer));
}
BENCHMARK(Normalise)->DenseRange(0, 3);

void Memcpy64MiB(benchmark::State& state) {
  std::string to(Large().size(), '\0');
  for (auto _ : state) {
    std::memcpy(to.data(), Large().data(), Large().size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * Large().size()));
}
BENCHMARK(Memcpy64MiB);

void ValidateUtf8_64MiB(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(simdjson::validate_utf8(Large().data(), Large().size()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * Large().size()));
}
BENCHMARK(ValidateUtf8_64MiB);

}  // namespace
