import com.aallam.openai.api.chat.ChatCompletionRequest
import com.aallam.openai.api.chat.ChatMessage
import com.aallam.openai.api.chat.ChatRole
import com.aallam.openai.api.model.ModelId
import com.aallam.openai.client.OpenAI
import kotlinx.coroutines.runBlocking

fun main(args: Array<String>) = runBlocking {
    val openAI = OpenAI(token = System.getenv("QUIZ_TOKEN"))
    val request = ChatCompletionRequest(
        model = ModelId("gpt-4o"),
        messages = listOf(
            ChatMessage(role = ChatRole.System, content = "You write quiz questions."),
            ChatMessage(role = ChatRole.User, content = "Topic: ${args.joinToString(" ")}"),
        ),
    )
    println(openAI.chatCompletion(request).choices.first().message.content)
}
