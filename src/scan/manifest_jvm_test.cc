#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(Pom, FillsInPropertiesAndManagedVersions) {
  constexpr auto text = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE project [ <!ENTITY x "y"> ]>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>3</version></parent>
  <artifactId>desk</artifactId>
  <licenses><license><name>Apache-2.0</name></license></licenses>
  <properties>
    <lc4j.version>0.35.0</lc4j.version>
    <lc4j>${lc4j.version}</lc4j>
    <round>${round}</round>
  </properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>com.openai</groupId><artifactId>openai-java</artifactId><version>0.8.0</version></dependency>
    <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId><version>5.1</version><scope>test</scope></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <!-- <dependency><groupId>a</groupId><artifactId>cohere-java</artifactId></dependency> -->
    <dependency>
      <groupId>dev.langchain4j</groupId>
      <artifactId>langchain4j-open-ai</artifactId>
      <version>${lc4j}</version>
      <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>com.openai</groupId><artifactId>openai-java</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>ours</artifactId><version>${round}</version></dependency>
    <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId></dependency>
    <dependency><groupId>a</groupId><artifactId>ranged</artifactId><version>[1,2)</version></dependency>
  </dependencies>
  <profiles><profile><dependencies>
    <dependency><groupId>ai.djl</groupId><artifactId>api</artifactId><version>0.28.0</version></dependency>
  </dependencies></profile></profiles>
</project>
)";
  EXPECT_EQ(declared_in("pom.xml", text),
            "maven dev.langchain4j:langchain4j-open-ai 0.35.0 locked\n"
            "maven com.openai:openai-java 0.8.0 locked\n"
            "maven org.example:ours ${round}\n"
            "maven org.junit:junit 5.1 locked development\n"
            "maven a:ranged [1,2)\n"
            "maven ai.djl:api 0.28.0 locked\n");
  const auto read = read_manifest("pom.xml", text);
  EXPECT_EQ(read.package, "org.example:desk");
  EXPECT_EQ(read.version, "3");
  EXPECT_EQ(read.license, "Apache-2.0");
}

TEST(Gradle, ReadsGroovy) {
  EXPECT_EQ(declared_in("app/build.gradle", R"(plugins { id 'java' version '1' }
def lc4j = '0.35.0'
repositories { mavenCentral() }
dependencies {
    implementation 'com.openai:openai-java:0.8.0'
    // implementation 'com.cohere:cohere-java:1.0'
    /* api 'a:b:1' */
    implementation "dev.langchain4j:langchain4j:$lc4j"
    implementation platform('dev.langchain4j:langchain4j-bom:0.35.0')
    implementation group: 'com.theokanning.openai-gpt3-java', name: 'service', version: '0.18.2'
    implementation('org.tensorflow:tensorflow-core-platform:1.0.0') {
        exclude group: 'org.slf4j', module: 'slf4j-api'
    }
    implementation project(':core'), 'a.b:c:+'
    testImplementation 'junit:junit:4.13'
    runtimeOnly 'com.microsoft.onnxruntime:onnxruntime:1.18.0@aar'
}
task x { doLast { println 'not:a:dependency' } }
)"),
            "maven com.openai:openai-java 0.8.0 locked\n"
            "maven dev.langchain4j:langchain4j 0.35.0 locked\n"
            "maven com.theokanning.openai-gpt3-java:service 0.18.2 locked\n"
            "maven org.tensorflow:tensorflow-core-platform 1.0.0 locked\n"
            "maven a.b:c +\n"
            "maven junit:junit 4.13 locked development\n"
            "maven com.microsoft.onnxruntime:onnxruntime 1.18.0 locked\n");
}

TEST(Gradle, ReadsKotlin) {
  EXPECT_EQ(declared_in("build.gradle.kts", R"(val ktor: String = "2.3"
dependencies {
    implementation("com.aallam.openai:openai-client:3.8.0")
    implementation("io.ktor:ktor-client:${ktor}")
    implementation(libs.langchain4j)
    "testImplementation"("junit:junit:4.13")
    // implementation("a:b:1")
    add("implementation", "x.y:z:1.0")
}
)"),
            "maven com.aallam.openai:openai-client 3.8.0 locked\n"
            "maven io.ktor:ktor-client 2.3 locked\n"
            "maven junit:junit 4.13 locked development\n"
            "maven x.y:z 1.0 locked\n");
}

TEST(Gradle, ReadsCataloguesAndLocks) {
  EXPECT_EQ(declared_in("gradle/libs.versions.toml", R"([versions]
openai = "0.8.0"
lc4j = { strictly = "0.35.0" }

[libraries]
openai-java = { module = "com.openai:openai-java", version.ref = "openai" }
langchain4j = { group = "dev.langchain4j", name = "langchain4j", version = { ref = "lc4j" } }
djl = "ai.djl:api:0.28.0"
# cohere = "com.cohere:cohere-java:1.0"

[plugins]
jvm = { id = "org.jetbrains.kotlin.jvm", version = "2" }
)"),
            "maven com.openai:openai-java 0.8.0 locked\n"
            "maven dev.langchain4j:langchain4j 0.35.0 locked\n"
            "maven ai.djl:api 0.28.0 locked\n");
  EXPECT_EQ(declared_in("gradle.lockfile",
                        "# This is a Gradle generated file\n"
                        "com.openai:openai-java:0.8.0=compileClasspath,runtimeClasspath\n"
                        "junit:junit:4.13=testCompileClasspath\nempty=annotationProcessor\n"),
            "maven com.openai:openai-java 0.8.0 locked indirect\n"
            "maven junit:junit 4.13 locked development indirect\n");
}

TEST(Sbt, ReadsModules) {
  EXPECT_EQ(declared_in("build.sbt", R"(name := "desk"
val djl = "0.28.0"
libraryDependencies ++= Seq(
  "io.cequence" %% "openai-scala-client" % "1.0.0",
  // "a" % "b" % "1",
  "ai.djl" % "api" % djl,
  "org.scalatest" %% "scalatest" % "3.2" % Test
)
)"),
            "maven io.cequence:openai-scala-client 1.0.0 locked\n"
            "maven ai.djl:api 0.28.0 locked\n"
            "maven org.scalatest:scalatest 3.2 locked development\n");
}

TEST(Jar, SaysWhatItIs) {
  const auto properties =
      read_manifest("META-INF/maven/com.openai/openai-java/pom.properties",
                    "#Generated\nversion=0.8.0\ngroupId=com.openai\nartifactId=openai-java\n");
  EXPECT_EQ(properties.package, "com.openai:openai-java");
  EXPECT_EQ(properties.version, "0.8.0");
  const auto jar =
      read_manifest("META-INF/MANIFEST.MF",
                    "Manifest-Version: 1.0\r\nBundle-SymbolicName: com.example.a.very.long.na\r\n me;x=1\r\n"
                    "Bundle-Version: 1.2.3\r\n\r\nName: x\r\nBundle-Version: 9\r\n");
  EXPECT_EQ(jar.package, "com.example.a.very.long.name");
  EXPECT_EQ(jar.version, "1.2.3");
}

TEST(Ivy, ReadsDependencies) {
  EXPECT_EQ(declared_in("ivy.xml",
                        "<ivy-module><info organisation='o' module='m'/><dependencies>"
                        "<dependency org='com.openai' name='openai-java' rev='0.8.0'/>"
                        "<!-- <dependency org='a' name='b'/> --></dependencies></ivy-module>"),
            "maven com.openai:openai-java 0.8.0 locked\n");
}

}  // namespace
}  // namespace ostiary::scan
