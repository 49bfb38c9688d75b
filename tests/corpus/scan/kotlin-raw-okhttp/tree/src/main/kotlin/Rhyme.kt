import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody

private val json = "application/json".toMediaType()

fun rhyme(word: String): String {
    val body = """
        {
          "model": "llama-3.3-70b-versatile",
          "messages": [{"role": "user", "content": "Rhymes with $word"}]
        }
    """.trimIndent()
    val request = Request.Builder()
        .url("https://api.groq.com/openai/v1/chat/completions")
        .header("Authorization", "Bearer ${System.getenv("RHYME_KEY")}")
        .post(body.toRequestBody(json))
        .build()
    return OkHttpClient().newCall(request).execute().use { it.body!!.string() }
}

fun main(args: Array<String>) = println(rhyme(args.first()))
