plugins {
    kotlin("jvm") version "2.0.21"
}

repositories { mavenCentral() }

dependencies {
    implementation(libs.openai.client)
    runtimeOnly(libs.ktor.okhttp)
}
