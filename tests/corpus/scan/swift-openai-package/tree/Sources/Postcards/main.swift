import Foundation
import OpenAI

let client = OpenAI(apiToken: ProcessInfo.processInfo.environment["CARD_TOKEN"] ?? "")
let place = CommandLine.arguments.dropFirst().joined(separator: " ")

let query = ChatQuery(
    messages: [.init(role: .user, content: "A postcard of three lines from \(place)")!],
    model: "gpt-4o-mini"
)
let result = try await client.chats(query: query)
print(result.choices.first?.message.content?.string ?? "")
