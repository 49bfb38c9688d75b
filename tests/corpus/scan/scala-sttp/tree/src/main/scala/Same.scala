import sttp.client4.*
import sttp.client4.httpclient.HttpClientSyncBackend

object Same:
  private val backend = HttpClientSyncBackend()
  private val key = sys.env("KEY")

  def vector(text: String): Seq[Double] =
    val body = s"""{"model": "text-embedding-ada-002", "input": ${ujson.Str(text).render()}}"""
    val reply = basicRequest
      .post(uri"https://api.openai.com/v1/embeddings")
      .header("Authorization", s"Bearer $key")
      .contentType("application/json")
      .body(body)
      .response(asStringAlways)
      .send(backend)
    ujson.read(reply.body)("data")(0)("embedding").arr.map(_.num).toSeq

  @main def same(one: String, other: String): Unit =
    println(vector(one).zip(vector(other)).map(_ * _).sum)
