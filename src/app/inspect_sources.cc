#include "app/inspect_sources.h"

#include <algorithm>
#include <unistd.h>

#include "files/content.h"
#include "files/documents.h"
#include "files/tree.h"

namespace ostiary::app {

namespace {

// Whether few of the first bytes are control characters, or NULs are every second one of them.
bool mostly_text(std::string_view bytes) {
  constexpr std::size_t looked_at = 64 * 1024, one_in = 16;
  const auto head = bytes.substr(0, looked_at);
  std::size_t controls = 0, nulls[2] = {0, 0};
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto c = static_cast<unsigned char>(head[i]);
    if (c == 0) ++nulls[i % 2];
    if (c < 0x20 && std::string_view("\t\n\v\f\r\x1b").find(head[i]) == std::string_view::npos) ++controls;
  }
  const auto half = head.size() / 2;
  const bool wide = half > 0 && std::max(nulls[0], nulls[1]) * 10 > half * 8 &&
                    std::min(nulls[0], nulls[1]) * one_in <= half;
  return controls * one_in <= head.size() || wide;
}

constexpr std::uint64_t kMostOfBlob = 1ULL << 30;  // it is held in memory

class Taker {
 public:
  explicit Taker(const std::function<void(const Source&)>& take) : take_(take) {}

  void give(const Source& source) {
    switch (files::document_kind_of(source.bytes)) {
      case files::DocumentKind::text:
        return take(source);
      case files::DocumentKind::pdf:
      case files::DocumentKind::office:
      case files::DocumentKind::archive:
      case files::DocumentKind::rtf:
        return open(source);
      case files::DocumentKind::sealed_office:
      case files::DocumentKind::sealed_archive:
        return out.partial.push_back({std::string(source.file), files::Why::unsupported,
                                      "a sealed or old office file, or an archive that is not unpacked"});
      case files::DocumentKind::binary:
        // Control characters among letters are looked at all the same, and so is UTF-16 without a mark.
        if (files::encoding_of(source.bytes) != files::Encoding::binary || mostly_text(source.bytes))
          return take(source);
        [[fallthrough]];
      default:
        ++out.binaries;
    }
  }
  void add(const std::vector<files::Partial>& partial) {
    std::ranges::copy(partial, std::back_inserter(out.partial));
  }

  SourceSummary out;

 private:
  void take(const Source& source) {
    ++out.texts;
    out.bytes += source.bytes.size();
    take_(source);
  }
  void open(const Source& document) {
    files::DocumentLimits limits;  // of what the user names, and not of what strangers send
    limits.members = 200'000;
    limits.unpacked_bytes = 4ULL << 30;
    limits.text_bytes = 4ULL << 30;
    limits.pdfs = 10'000;
    limits.all_pdfs_ms = 3'600'000;
    ++out.documents;
    const auto text = [&](const files::DocumentText& t) {
      ++out.within;
      take({t.place, t.text, document.commit, nullptr});
      return true;
    };
    for (const auto& unread : files::read_document(document.bytes, document.file, text, limits))
      if (is_binary(unread.type))
        ++out.binaries;
      else
        out.partial.push_back({unread.place, unread.why, unread.text});
  }
  // What is passed over wherever it stands.
  static bool is_binary(std::string_view type) {
    using files::DocumentKind;
    return type == "pdf-pictures" ||
           std::ranges::any_of(
               std::initializer_list{DocumentKind::image, DocumentKind::audio, DocumentKind::video,
                                     DocumentKind::font, DocumentKind::program, DocumentKind::binary},
               [&](DocumentKind kind) { return type == files::name_of(kind); });
  }
  const std::function<void(const Source&)>& take_;
};

Result<> from_stdin(const InspectOptions& options, Taker& taker) {
  const auto content = files::Content::read(STDIN_FILENO, options.max_bytes, "standard input");
  if (!content && content.error().code != Code::too_large) return std::unexpected(content.error());
  if (content)
    taker.give({{}, content->bytes(), {}, nullptr});
  else
    taker.add({{"-", files::Why::too_large, content.error().message}});
  if (content && content->changed())
    taker.add({{"-", files::Why::unreadable, "it changed while it was read"}});
  return {};
}

Result<> from_tree(const InspectOptions& options, Taker& taker) {
  files::TreeOptions how;
  how.ignore_rules = !options.no_ignore;
  how.limits.file_bytes = options.max_bytes;
  TRY(auto tree, files::Tree::open(options.paths, how));
  while (const auto* file = tree.next()) {
    const auto content = tree.read();
    if (!content) continue;
    taker.give({file->shown, content->bytes(), {}, nullptr});
    if (content->changed()) tree.changed(file->shown);
  }
  taker.add(tree.partial());
  return {};
}

// `path`: empty where the call names none, so that a hook's GIT_INDEX_FILE counts.
Result<> from_git(const InspectOptions& options, const std::string& path, Taker& taker) {
  TRY(auto repository,
      files::Repository::open(path, {.blob_bytes = std::min(options.max_bytes, kMostOfBlob)}));
  const auto give = [&](const files::GitBlob& blob) {
    if (const auto bytes = repository.read(blob))
      taker.give({blob.path, *bytes, blob.commit, blob.whole ? nullptr : &blob.added});
    return true;
  };
  if (options.staged) {
    TRY(const auto blobs, repository.staged());
    for (const auto& blob : blobs) give(blob);
  } else {
    TRY_VOID(repository.history(options.revisions, give));
  }
  taker.add(repository.partial());
  return {};
}

}  // namespace

Result<SourceSummary> each_source(const InspectOptions& options,
                                  const std::function<void(const Source&)>& take) {
  Taker taker(take);
  const bool git = options.staged || options.history;
  if (git && options.paths.size() > 1)
    return fail(Code::invalid, "--staged and --history take one repository", options.paths[1]);
  if (git) {
    TRY_VOID(from_git(options, options.paths.empty() ? "" : options.paths.front(), taker));
  } else if (options.paths.empty() || options.paths == std::vector<std::string>{"-"}) {
    TRY_VOID(from_stdin(options, taker));
  } else {
    TRY_VOID(from_tree(options, taker));
  }
  return std::move(taker.out);
}

}  // namespace ostiary::app
