import okhttp3.OkHttpClient
import okhttp3.Request

/* The first try:
   /* import dev.langchain4j.model.chat.ChatLanguageModel */
   still a comment
*/
enum class Wind(val from: Int) { MISTRAL(320), TRAMONTANA(350), LLAMA(0) }

fun mistral(client: OkHttpClient, place: String): String {
    val request = Request.Builder().url("https://wind.example/v1/models/mistral?place=$place").build()
    return client.newCall(request).execute().use { it.body?.string().orEmpty() }
}

fun main() {
    val model = Wind.MISTRAL
    println("${model.from}: ${mistral(OkHttpClient(), "Avignon")}")
}
