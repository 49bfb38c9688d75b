import Foundation

/// Where LM Studio listens.
let server = URL(string: "http://localhost:1234/v1/chat/completions")!

struct Message: Codable { let role: String; let content: String }
struct Body: Codable { let model: String; let messages: [Message] }
struct Choice: Codable { let message: Message }
struct Reply: Codable { let choices: [Choice] }

let mail = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
var request = URLRequest(url: server)
request.httpMethod = "POST"
request.setValue("application/json", forHTTPHeaderField: "Content-Type")
request.httpBody = try JSONEncoder().encode(Body(
    model: "qwen2.5-7b-instruct",
    messages: [Message(role: "user", content: """
    Answer this mail kindly:
    \(mail)
    """)]
))
let (data, _) = try await URLSession.shared.data(for: request)
print(try JSONDecoder().decode(Reply.self, from: data).choices[0].message.content)
