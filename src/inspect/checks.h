#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace ostiary::inspect {

// What can be computed from a value alone: check digits, checksums, dates, forms that decode. Immutable,
// thread-safe, harmless on any bytes; work is linear in the value but for addresses, which are short.
//
// `kind` names one check or several joined by + that must all hold, such as weighted+date. `argument` is
// words between blanks; each belongs to the kind that knows it:
//   last=N (any)         only the last N letters and digits are looked at
//   cards (luhn)         an issuer's prefix, and a length that its network uses
//   weighted             letters=N: A is N, B is N+1, …; letters=N:LIST: the first of LIST is N (* in LIST is
//   no
//                        letter); letters=two-digits: A is 01, B is 02, …; cross-sum: the digits of each
//                        product are added; plus=N: is added to the sum; short: leading zeros may be missing;
//                        open: what is weighed behind the check digit may be missing
//   date                 YYMMDD@1: where it stands, counted from 1 without separators; Y 2 to 4 times, MM,
//   DD;
//                        months=20,40 and days=40: what may be added to months and days
//   base58check          ripple: its alphabet; versions=00,05: with which bytes it may begin
//   base58               bytes=N: how many it decodes to
//   bech32               hrp=bc,tb: what it may begin with, a witness program behind it (BIP-141)
//   eip55                mixed: an address all in one case, which has no checksum, doesn't hold
// `weights` of weighted: numbers between blanks, @ where the check digit stands if it isn't the last; /
// before the weights of a second round, for when the first gives 10; , before those of a further check digit.
class Check {
 public:
  // `invalid` says which kinds there are, or what a kind lacks.
  static Result<Check> make(const catalog::Detector::Check& spec);

  bool exists() const { return !steps_.empty(); }
  // `value` as it stands in the text: checks of numbers pass over blanks (no-break ones too), points, dashes
  // and slashes, and take letters in any case. A number of one digit repeated holds in none of them.
  bool holds(std::string_view value) const;

  static std::vector<std::string_view> kinds();  // sorted

 private:
  std::vector<std::function<bool(std::string_view)>> steps_;
  std::size_t last_ = 0;  // 0: all of the value
};

}  // namespace ostiary::inspect
