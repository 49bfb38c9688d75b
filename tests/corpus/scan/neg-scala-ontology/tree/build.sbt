scalaVersion := "2.13.15"
libraryDependencies += "org.typelevel" %% "cats-core" % "2.12.0"
