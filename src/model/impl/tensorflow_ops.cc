#include "model/impl/tensorflow_ops.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace ostiary::model {

namespace {

struct Operation {
  std::string_view name;
  Severity severity;
  std::string_view does;
};

// tensorflow.org, "API Documentation: raw_ops", read 2026-11-26. What saves and restores a model's own
// variables and reads its vocabularies is ordinary.
constexpr std::array kOperations =
    std::to_array<Operation>({{"ReadFile", Severity::high, "reads a file"},
                              {"WriteFile", Severity::high, "writes a file"},
                              {"MatchingFiles", Severity::high, "lists files"},
                              {"PyFunc", Severity::high, "calls Python"},
                              {"PyFuncStateless", Severity::high, "calls Python"},
                              {"EagerPyFunc", Severity::high, "calls Python"},
                              {"LoadLibrary", Severity::high, "loads a library"},
                              {"ImmutableConst", Severity::medium, "maps a file"},
                              {"WholeFileReader", Severity::medium, "reads files"},
                              {"WholeFileReaderV2", Severity::medium, "reads files"},
                              {"TextLineReader", Severity::medium, "reads files"},
                              {"TextLineReaderV2", Severity::medium, "reads files"},
                              {"TFRecordReader", Severity::medium, "reads files"},
                              {"TFRecordReaderV2", Severity::medium, "reads files"},
                              {"FixedLengthRecordReader", Severity::medium, "reads files"},
                              {"FixedLengthRecordReaderV2", Severity::medium, "reads files"},
                              {"TextLineDataset", Severity::medium, "reads files"},
                              {"TFRecordDataset", Severity::medium, "reads files"},
                              {"TFRecordDatasetV2", Severity::medium, "reads files"},
                              {"FixedLengthRecordDataset", Severity::medium, "reads files"},
                              {"FixedLengthRecordDatasetV2", Severity::medium, "reads files"},
                              {"CSVDataset", Severity::medium, "reads files"},
                              {"CSVDatasetV2", Severity::medium, "reads files"},
                              {"SqlDataset", Severity::medium, "asks a database"},
                              {"DatasetToTFRecord", Severity::medium, "writes a file"},
                              {"ExperimentalDatasetToTFRecord", Severity::medium, "writes a file"},
                              {"SnapshotDataset", Severity::medium, "writes files"},
                              {"SaveDataset", Severity::medium, "writes files"},
                              {"LoadDataset", Severity::medium, "reads files"},
                              {"CreateSummaryFileWriter", Severity::medium, "writes a file"},
                              {"CreateSummaryDbWriter", Severity::medium, "writes a database"},
                              {"PrintV2", Severity::low, "prints, or writes a file"},
                              {"RpcCall", Severity::high, "reaches out"},
                              {"RpcClient", Severity::high, "reaches out"},
                              {"DataServiceDataset", Severity::high, "reaches out"},
                              {"DataServiceDatasetV2", Severity::high, "reaches out"}});

}  // namespace

void judge_operation(std::string_view operation, std::string_view node, Facts& out) {
  const auto at = std::ranges::find(kOperations, operation, &Operation::name);
  if (at == kOperations.end()) return;
  const auto begins = fmt::format("{} {}", operation, at->does);
  if (std::ranges::any_of(out.hazards, [&](const auto& one) { return one.detail.starts_with(begins); }))
    return;
  out.hazard("graph-operation", at->severity,
             node.empty() ? begins : fmt::format("{} (node {})", begins, node.substr(0, 100)));
}

}  // namespace ostiary::model
