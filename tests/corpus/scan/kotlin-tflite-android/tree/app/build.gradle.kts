plugins {
    id("com.android.application")
    kotlin("android")
}

android { namespace = "org.example.birds" }

dependencies {
    implementation("androidx.core:core-ktx:1.13.1")
    implementation("org.tensorflow:tensorflow-lite:2.16.1")
}
