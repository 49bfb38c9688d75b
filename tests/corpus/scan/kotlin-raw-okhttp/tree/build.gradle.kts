plugins { kotlin("jvm") version "2.0.21" }

dependencies {
    implementation("com.squareup.okhttp3:okhttp:4.12.0")
}
