package org.example;

import dev.langchain4j.model.chat.ChatLanguageModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import java.time.Duration;

public class Desk {
    private final ChatLanguageModel model = OpenAiChatModel.builder()
            .apiKey(System.getenv("DESK_KEY"))
            .modelName("gpt-4o-mini")
            .timeout(Duration.ofSeconds(30))
            .build();

    public String recommend(String lastRead) {
        return model.generate("Three books for somebody who liked " + lastRead);
    }

    public static void main(String[] args) {
        System.out.println(new Desk().recommend(String.join(" ", args)));
    }
}
