// What a use of the inventory looks like, made of its table of fields.

#include "console/impl/inventory.h"

namespace ostiary::console {

namespace {

using inventory::FieldType;

constexpr std::size_t kLongest = inventory::Use::kLongestText / 4;  // characters, of at most four bytes each
constexpr std::size_t kLongestItem = 4'000;  // so that a list of the most items fits into a body

Schema text_of(std::string_view doc) {
  auto text = string(doc);
  text.longest = kLongest;
  return text;
}

Schema words_of(const inventory::Field& field) {
  Schema word = string(field.meaning);
  for (const auto one : field.words) word.words.emplace_back(one);
  word.words.emplace_back(inventory::kUnknown);
  return word;
}

Schema list_of(std::string_view doc) {
  auto item = text_of("");
  item.longest = kLongestItem;
  auto list = array_of(std::move(item), doc);
  list.longest = inventory::Use::kMostItems;
  return list;
}

Schema stated_schema(const inventory::Field& field) {
  switch (field.type) {
    case FieldType::word:
      return words_of(field).or_null();
    case FieldType::list:
      return list_of(field.meaning).or_null();
    default:
      break;
  }
  return text_of(field.meaning).or_null();
}

Schema shown_schema(const inventory::Field& field) {
  if (field.type == FieldType::list) return array_of(string(""), field.meaning);
  return field.type == FieldType::word ? words_of(field) : string(field.meaning);
}

Schema texts(std::string_view doc) {
  return array_of(string(""), doc);
}

Schema counted(std::string_view doc) {
  return array_of(object("", {{"count", integer("")}, {"what", string("")}}), doc);
}

Schema concerns(std::string_view doc) {
  return array_of(object("UseConcern", {{"count", integer("of uses, or of what was found")},
                                        {"teams", texts("")},
                                        {"uses", texts("their titles, the first of them")},
                                        {"what", string("")},
                                        {"why", string("what it rests on")}}),
                  doc);
}

Schema column() {
  return object("UseColumn", {{"column", string("its heading")},
                              {"field", string("null: it is kept as it is").or_null()},
                              {"how", string("said, remembered, name, alike, ours or none")}});
}

Schema nullable_text(std::string_view doc) {
  auto text = string(doc);
  text.longest = inventory::Sighting::kLongestText;
  return text.or_null();
}

Schema finding() {
  return object("UseFinding", {{"evidence", texts("a line each")},
                               {"finding", word_of({"in-code-never-at-gate", "at-gate-in-no-code",
                                                    "approved-but-gone", "seen-never-declared", "new-since"},
                                                   "")},
                               {"owner", string("to tell").or_null()},
                               {"team", string("").or_null()},
                               {"text", string("a sentence")},
                               {"use", uuid("that it is about").or_null()},
                               {"what", string("provider, tool or title")}});
}

}  // namespace

Schema sighting_schema() {
  const auto word = [](std::string_view name, std::string_view doc) {
    return optional(name, nullable_text(doc));
  };
  auto places = array_of(nullable_text(""), "where in the code");
  places.longest = inventory::Sighting::kMostPlaces;
  return object("UseSighting", {optional("count", integer("places, exchanges or requests")),
                                optional("first", time("").or_null()),
                                word("grade", "of a scan: mentioned to deployed"),
                                {"how", word_of({"declaration", "gate", "log", "question", "scan"}, "")},
                                word("kind", "of a scan's component"),
                                optional("last", time("").or_null()),
                                word("license", ""),
                                word("model", ""),
                                optional("places", std::move(places)),
                                word("provider", ""),
                                word("question", ""),
                                word("repository", ""),
                                word("sdk", ""),
                                word("service", ""),
                                word("surface", ""),
                                word("team", ""),
                                word("tool", ""),
                                word("version", "")});
}

Schema use_schema() {
  std::vector<Member> members;
  for (const auto& field : inventory::fields())
    if (field.id != inventory::F::seen) members.push_back({std::string(field.name), shown_schema(field)});
  members.push_back({"changed", time("")});
  members.push_back({"created", time("")});
  members.push_back({"declared", texts("names of the fields that people stated")});
  members.push_back({"id", uuid("")});
  members.push_back({"origin", string("digest of the row that it was imported from").or_null()});
  members.push_back({"other", array_of(object("", {{"column", string("")}, {"text", string("")}}),
                                       "columns of an imported table that are no field")});
  members.push_back({"revision", integer("counts its changes", 1)});
  members.push_back({"seen", array_of(sighting_schema(), "what shows it")});
  return object("Use", std::move(members));
}

Schema edit_schema() {
  std::vector<Member> members;
  for (const auto& field : inventory::fields())
    if (inventory::writable(field.id)) members.push_back(optional(field.name, stated_schema(field)));
  return object("UseEdit", std::move(members));
}

Schema reconciled_schema() {
  return object(
      "Reconciled",
      {{"applied", boolean("uses were added and marked")},
       {"findings", array_of(finding(), "what differs")},
       {"marked", integer("uses that something shows")},
       {"partial", texts("what was not looked at")},
       {"proposed", array_of(use_schema(), "uses to add; with `applied` they were, with these ids")}});
}

Schema imported_schema() {
  return object(
      "ImportedUses",
      {{"added", integer("")},
       {"columns", array_of(column(), "what each is taken for")},
       {"dry_run", boolean("nothing was changed")},
       {"filled", integer("uses that were there and lacked something")},
       {"partial", array_of(object("", {{"row", integer("in its file, from 1")}, {"text", string("")}}),
                            "what could not be read")},
       {"rows", integer("that name a use")},
       {"same", integer("rows that say nothing new")},
       {"uses", texts("ids of those that were added or filled")}});
}

Schema answer_schema() {
  auto reason = object("", {{"certain", boolean("false: it is unknown, and counts")}, {"text", string("")}});
  return object("InventoryAnswer",
                {{"partial", texts("what could not be understood; it counts")},
                 {"tell", texts("owners and teams, each once")},
                 {"uses", array_of(object("", {{"certain", boolean("every reason is")},
                                               {"evidence", texts("what shows the use, and where")},
                                               {"reasons", array_of(std::move(reason), "")},
                                               {"use", use_schema()}}),
                                   "certain ones first")}});
}

Schema summary_schema() {
  const auto ms = [](std::string_view name) {
    return Member{std::string(name), integer("working time").or_null(), true};
  };
  auto answers = object("", {{"answered", integer("")},
                             {"asked", integer("")},
                             {"automatic", integer("")},
                             {"breached", integer("")},
                             ms("decision_p50_ms"),
                             ms("decision_p90_ms"),
                             ms("first_p50_ms"),
                             ms("first_p90_ms"),
                             {"from", time("")},
                             {"open", integer("")},
                             {"to", time("")}});
  return object("InventoryReport", {{"answers", answers.or_null()},
                                    {"at", time("")},
                                    {"by_provider", counted("the first ten")},
                                    {"by_status", counted("")},
                                    {"by_surface", counted("")},
                                    {"declared", integer("uses that people stated something of")},
                                    {"decisions", concerns("that somebody has to take")},
                                    {"gaps", counted("what reconciling finds")},
                                    {"partial", texts("what this does not know")},
                                    {"risks", concerns("the gravest first")},
                                    {"seen", integer("uses that a scan, the gate or a log shows")},
                                    {"unknown", counted("how many uses lack what")},
                                    {"uses", integer("")}});
}

void write_use(json::Writer& w, const inventory::Use& use) {
  std::string text;
  inventory::append_json(text, use);
  w.raw(text);
}

Operation inventory_row(std::string_view id, std::string_view method, std::string_view path,
                        std::string_view summary, Need need,
                        Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation row;
  row.id = id;
  row.method = method;
  row.path = path;
  row.tag = "inventory";
  row.summary = summary;
  row.need = need;
  row.handler = handler;
  return row;
}

}  // namespace ostiary::console
