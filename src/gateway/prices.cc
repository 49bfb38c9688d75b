#include "gateway/prices.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "catalog/catalog.h"

namespace ostiary::gateway {

std::int64_t Price::of(std::uint64_t input_tokens, std::uint64_t output_tokens,
                       std::uint64_t cached_tokens) const {
  using Wide = unsigned __int128;
  const auto of_input = std::min(cached_tokens, input_tokens);
  const Wide total = Wide{input_tokens - of_input} * static_cast<Wide>(input) +
                     Wide{of_input} * static_cast<Wide>(cached) +
                     Wide{output_tokens} * static_cast<Wide>(output);
  constexpr Wide kMillion = 1'000'000, kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min<Wide>((total + kMillion / 2) / kMillion, kMost));
}

std::optional<Price> Prices::find(std::string_view provider, std::string_view surface, std::string_view model,
                                  WallMs at) const {
  for (const auto& setting : settings_)
    if (setting.provider == provider && (setting.surface.empty() || setting.surface == surface) &&
        text::glob(setting.model, model))
      return setting.price;
  const auto day = rfc3339(at).substr(0, 10);
  for (const auto& list : catalog::prices()) {
    if (list.provider != provider || (!list.surface.empty() && list.surface != surface)) continue;
    const catalog::PriceList::Line* newest = nullptr;  // that is valid
    for (const auto& line : list.lines)
      if (line.valid_from <= day && (!newest || newest->valid_from < line.valid_from) &&
          std::ranges::any_of(line.models, [&](const auto& name) { return text::glob(name, model); }))
        newest = &line;
    if (newest) return Price{newest->input, newest->output, newest->cached};
  }
  return std::nullopt;
}

}  // namespace ostiary::gateway
