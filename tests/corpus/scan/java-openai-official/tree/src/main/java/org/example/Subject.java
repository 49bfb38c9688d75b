package org.example;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import picocli.CommandLine;

@CommandLine.Command(name = "subject")
public class Subject implements Runnable {
    @CommandLine.Parameters String body;

    @Override
    public void run() {
        OpenAIClient client = OpenAIOkHttpClient.fromEnv();
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("gpt-4.1-mini")
                .addUserMessage("A subject line for: " + body)
                .build();
        ChatCompletion answer = client.chat().completions().create(params);
        answer.choices().forEach(c -> System.out.println(c.message().content().orElse("")));
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new Subject()).execute(args));
    }
}
