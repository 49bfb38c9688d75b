package org.example;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Makes a caption for a title. */
final class Caption {
    private static final String ADDRESS =
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-1.5-flash:generateContent?key=";
    private static final String BODY = """
            {"contents": [{"parts": [{"text": "A caption of ten words for: %s"}]}]}
            """;

    private final HttpClient http = HttpClient.newHttpClient();

    String make(String title) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(ADDRESS + System.getenv("KEY")))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(BODY.formatted(title)))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
