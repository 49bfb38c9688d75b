#pragma once

#include <string_view>

namespace ostiary::policy {

// The page's styles: what stands between <style> and </style>.
std::string_view page_style();

}  // namespace ostiary::policy
