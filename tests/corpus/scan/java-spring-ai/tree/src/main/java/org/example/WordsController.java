package org.example;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
class WordsController {
    private final ChatClient chat;

    WordsController(ChatClient.Builder builder) {
        this.chat = builder.defaultSystem("Answer with three keywords.").build();
    }

    @PostMapping("/words")
    String words(@RequestBody String ticket) {
        return chat.prompt().user(ticket).call().content();
    }
}
