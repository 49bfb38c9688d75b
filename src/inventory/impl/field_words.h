#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// The words of fields that have some, and what people call their columns (small letters, words alone): lists
// of the table in field.cc.
namespace ostiary::inventory {

template <std::size_t N>
using List = std::array<std::string_view, N>;

inline constexpr List<14> kKinds = {"sdk",          "framework",  "model",      "model-file",
                                    "dataset",      "endpoint",   "credential", "assistant-config",
                                    "agent-config", "mcp-server", "service",    "ai-authored",
                                    "tool",         "system"};
inline constexpr List<3> kStates = {"in-use", "trial", "retired"};
inline constexpr List<7> kSurfaces = {"api",        "api-free",  "consumer",   "team",
                                      "enterprise", "via-cloud", "self-hosted"};
inline constexpr List<7> kRoles = {
    "provider", "deployer", "importer", "distributor", "product-manufacturer", "authorised-representative",
    "none"};
inline constexpr List<6> kRisks = {"prohibited", "high", "transparency", "minimal", "gpai", "gpai-systemic"};
inline constexpr List<2> kPractices = {"none-found", "found"};
inline constexpr List<3> kDuties = {"done", "due", "not-required"};

// Names of columns that people give.
inline constexpr List<9> kTool = {"tool", "tool name", "ai tool", "name",    "application",
                                  "app",  "product",   "system",  "solution"};
inline constexpr List<5> kKind = {"kind", "type", "category", "ai type", "component type"};
inline constexpr List<6> kStatus = {"status", "state", "lifecycle", "stage", "phase", "deployment status"};
inline constexpr List<9> kPurpose = {"purpose",  "use case",    "usecase",          "usage",   "intended use",
                                     "what for", "description", "business purpose", "used for"};
inline constexpr List<8> kData = {"data",      "data classes", "data class",      "data classification",
                                  "data type", "data types",   "data categories", "information type"};
inline constexpr List<5> kProvider = {"provider", "vendor", "manufacturer", "company", "ai provider"};
inline constexpr List<6> kSurface = {"surface", "plan", "tier", "subscription", "edition", "account type"};
inline constexpr List<3> kService = {"service", "endpoint", "deployment"};
inline constexpr List<6> kModel = {"model", "model name", "ai model", "models", "llm", "foundation model"};
inline constexpr List<4> kVersion = {"version", "model version", "release", "ver"};
inline constexpr List<6> kLicense = {"license",       "licence",       "licensing",
                                     "model license", "model licence", "license type"};
inline constexpr List<6> kSdk = {"sdk", "library", "package", "dependency", "framework", "component"};
inline constexpr List<9> kOwner = {"owner",       "responsible",        "contact",          "business owner",
                                   "accountable", "responsible person", "point of contact", "product owner",
                                   "requester"};
inline constexpr List<8> kTeam = {"team",     "department", "business unit", "unit",
                                  "division", "group",      "dept",          "org unit"};
inline constexpr List<5> kUsers = {"users", "user group", "audience", "who uses it", "user groups"};
inline constexpr List<6> kRepository = {"repository", "repo", "repo url", "source", "git", "code location"};
inline constexpr List<4> kPath = {"path", "file", "folder", "directory"};
inline constexpr List<6> kApproval = {"approval", "approved by question", "question",
                                      "ticket",   "approval ticket",      "approval id"};
inline constexpr List<6> kReview = {"next review", "review date",      "review",
                                    "review due",  "next review date", "reassess by"};
inline constexpr List<2> kRole = {"ai act role", "eu ai act role"};
inline constexpr List<4> kRisk = {"ai act risk", "ai act risk class", "ai act classification",
                                  "eu ai act risk"};
inline constexpr List<3> kBasis = {"ai act basis", "annex iii", "high risk basis"};
inline constexpr List<3> kProhibited = {"prohibited practices", "prohibited practice check", "article 5"};
inline constexpr List<3> kAffected = {"affected persons", "affected people", "data subjects"};
inline constexpr List<3> kOversight = {"human oversight", "oversight", "human in the loop"};
inline constexpr List<3> kTransparency = {"transparency", "disclosure", "transparency duty"};
inline constexpr List<2> kFria = {"fria", "fundamental rights impact assessment"};
inline constexpr List<3> kRegistration = {"eu registration", "eu database", "eu database number"};
inline constexpr List<3> kDpia = {"dpia", "data protection impact assessment", "pia"};
inline constexpr List<1> kInput = {"input data"};
inline constexpr List<2> kLogs = {"log keeping", "logging"};
inline constexpr List<2> kWorkers = {"workers informed", "works council"};
inline constexpr List<2> kLiteracy = {"ai literacy", "training of staff"};
inline constexpr List<2> kIncident = {"incident contact", "escalation contact"};
inline constexpr List<2> kContext = {"context", "business context"};
inline constexpr List<3> kBenefits = {"benefits", "benefit", "business value"};
inline constexpr List<3> kImpacts = {"impacts", "impact", "harms"};
inline constexpr List<3> kMeasured = {"measured", "evaluation", "testing"};
inline constexpr List<4> kManaged = {"managed", "mitigations", "risk treatment", "controls"};
inline constexpr List<2> kThird = {"third party risk", "vendor risk"};
inline constexpr List<2> kExit = {"exit plan", "decommissioning"};
inline constexpr List<3> kAssessment = {"impact assessment", "ai impact assessment", "aiia"};
inline constexpr List<2> kObjectives = {"objectives", "objective"};
inline constexpr List<3> kSupplier = {"supplier", "reseller", "contract partner"};
inline constexpr List<2> kMonitoring = {"monitoring", "operation and monitoring"};
inline constexpr List<2> kProducer = {"model producer", "model developer"};
inline constexpr List<3> kModelId = {"model id", "model url", "model identifier"};
inline constexpr List<2> kHash = {"model hash", "checksum"};
inline constexpr List<1> kModelText = {"model description"};
inline constexpr List<2> kLimitations = {"model limitations", "limitations"};
inline constexpr List<2> kTraining = {"training method", "model training"};
inline constexpr List<3> kDatasets = {"datasets", "training data", "dataset"};
inline constexpr List<2> kProvenance = {"dataset provenance", "data provenance"};
inline constexpr List<1> kSensitivity = {"dataset sensitivity"};
inline constexpr List<2> kInOut = {"inputs outputs", "modalities"};
inline constexpr List<2> kFlow = {"data flow", "data flows"};
inline constexpr List<3> kInfrastructure = {"infrastructure", "hosting", "hosted at"};
inline constexpr List<2> kControls = {"security controls", "security measures"};
inline constexpr List<2> kCompliance = {"security compliance", "certifications"};
inline constexpr List<3> kKpis = {"kpis", "kpi", "metrics"};
inline constexpr List<5> kReferences = {"references", "links", "link", "url", "website"};
inline constexpr List<6> kNotes = {"notes", "comments", "comment", "remarks", "remark", "note"};

}  // namespace ostiary::inventory
