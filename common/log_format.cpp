#include "common/log_format.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/clock.hpp"
#include "common/json_writer.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

// logfmt quotes the message like JSON; time and level need no quotes.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(bool json) : json_(json) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string time = FormatRfc3339(std::chrono::time_point_cast<std::chrono::milliseconds>(message.time));
    const auto level = spdlog::level::to_string_view(message.level);
    std::string line = json_ ? "{\"ts\":\"" + time + "\",\"level\":\"" : "ts=" + time + " level=";
    line.append(level.data(), level.size());
    line += json_ ? "\",\"msg\":" : " msg=";
    AppendJsonString(line, SafeText({message.payload.data(), message.payload.size()}));
    line += json_ ? "}\n" : "\n";
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(json_); }

 private:
  const bool json_;
};

}  // namespace

void SetLogFormat(const std::string& format, const std::string& level) {
  spdlog::set_formatter(std::make_unique<LineFormatter>(format == "json"));
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace ytterby
