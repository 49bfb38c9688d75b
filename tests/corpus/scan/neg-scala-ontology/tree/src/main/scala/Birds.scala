import cats.syntax.all._

object Birds {
  sealed trait Sign
  case object Gemini extends Sign
  final case class Bird(name: String, model: String)

  val phi: Double = (1 + math.sqrt(5)) / 2
  val birds = List(Bird("falcon", "raptor"), Bird("claude", "parrot"))

  def transformers: List[Bird => Bird] = List(_.copy(name = "whisper"), b => b.copy(model = b.model.trim))

  def main(args: Array[String]): Unit =
    println(birds.map(b => transformers.foldLeft(b)((x, f) => f(x))).mkString_("", ", ", s" $phi $Gemini"))

  implicit val show: cats.Show[Bird] = cats.Show.show(_.name)
}
