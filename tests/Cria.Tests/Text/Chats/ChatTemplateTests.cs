using System.Text.Json;
using Cria.Gguf;
using Cria.Tests.Gguf;
using Cria.Text;
using Cria.Text.Templates;
using TestModels;

namespace Cria.Tests.Text.Chats;

public sealed class ChatTemplateTests
{
    private const string Simple =
        """
        {{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}
        {{- m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}
        """;

    private static readonly ChatMessage[] Greeting = [ChatMessage.System("Be kind."), ChatMessage.User("Hi")];

    [Fact]
    public void Renders_messages_and_asks_for_the_next()
    {
        ChatTemplate template = ChatTemplate.Parse(Simple, bosToken: "<s>");

        Assert.Equal("<s><|system|>Be kind.<|end|><|user|>Hi<|end|><|assistant|>", template.RenderText(new ChatRequest(Greeting)));
        Assert.Equal("<s><|system|>Be kind.<|end|><|user|>Hi<|end|>",
            template.RenderText(new ChatRequest(Greeting) { AddGenerationPrompt = false }));
        Assert.Equal("<|assistant|>", template.GenerationPrompt(new ChatRequest(Greeting)));
    }

    [Fact]
    public void Marks_what_comes_from_outside_but_no_roles_which_are_parts_of_control_tokens()
    {
        RenderedText prompt = ChatTemplate.Parse(Simple).Render(new ChatRequest([ChatMessage.User("Hi"), new("a<|end|>") { Content = "Bye" }]));

        Assert.Equal(["Hi", "a<|end|>", "Bye"], prompt.Input.Select(range => prompt.Text[range]));
    }

    [Fact]
    public void Leaves_out_the_tokens_that_the_tokenizer_adds()
    {
        using var folder = new TemporaryFolder();
        ChatTemplate template = Open(folder, TinyTokenizer.ByteLevel("llama-bpe").AddControl("<s>", "</s>")
            .Set("tokenizer.chat_template", "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}")
            .Set("tokenizer.ggml.bos_token_id", 29).Set("tokenizer.ggml.eos_token_id", 30)
            .Set("tokenizer.ggml.add_bos_token", true).Set("tokenizer.ggml.add_eos_token", false));

        RenderedText prompt = template.Render(new ChatRequest([ChatMessage.User("Hi")]));

        Assert.Equal("Hi</s>", prompt.Text);
        Assert.Equal([0..2], prompt.Input);
    }

    [Fact]
    public void Takes_the_template_for_tools_where_tools_are_given()
    {
        using var folder = new TemporaryFolder();
        ChatTemplate template = Open(folder, TinyTokenizer.ByteLevel("llama-bpe").Set("tokenizer.chat_template", "plain")
            .Set("tokenizer.chat_template.tool_use", "{{ tools[0].function.name }}"));

        Assert.Equal("plain", template.RenderText(new ChatRequest(Greeting)));
        Assert.Equal("ping", template.RenderText(new ChatRequest(Greeting) { Tools = [ChatTool.Create("ping", null, "{}")] }));
        Assert.Equal("{{ tools[0].function.name }}", template.WithTools.Source);
    }

    [Fact]
    public void A_broken_template_for_tools_leaves_the_default_one()
    {
        using var folder = new TemporaryFolder();
        ChatTemplate template = Open(folder, TinyTokenizer.ByteLevel("llama-bpe").Set("tokenizer.chat_template", "plain")
            .Set("tokenizer.chat_template.tool_use", "{% if %}"));

        Assert.Equal("plain", template.RenderText(new ChatRequest(Greeting) { Tools = [ChatTool.Create("ping", null, "{}")] }));
    }

    [Fact]
    public void Takes_a_named_template_or_tells_which_there_are()
    {
        using var folder = new TemporaryFolder();
        TinyVocabulary vocabulary = TinyTokenizer.ByteLevel("llama-bpe").Set("tokenizer.chat_template", "plain")
            .Set("tokenizer.chat_templates", (string[])["rag"]).Set("tokenizer.chat_template.rag", "documents");

        Assert.Equal("documents", Open(folder, vocabulary, "rag").RenderText(new ChatRequest(Greeting)));
        ChatException exception = Assert.Throws<ChatException>(() => Open(folder, vocabulary, "rug"));
        Assert.Equal("Chat template \"rug\" is not in model.gguf. Those there: rag.", exception.Message);
    }

    [Fact]
    public void A_model_without_a_template_gets_chatml_where_it_has_the_tokens()
    {
        using var folder = new TemporaryFolder();
        ChatTemplate template = Open(folder, TinyTokenizer.ByteLevel("llama-bpe").AddControl("<|im_start|>", "<|im_end|>"));

        Assert.Equal("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
            template.RenderText(new ChatRequest(Greeting)));
        Assert.Equal(template.Source, ChatTemplate.Parse("chatml").Source);
    }

    [Fact]
    public void A_model_without_template_and_tokens_gets_instructions_in_brackets()
    {
        using var folder = new TemporaryFolder();
        ChatTemplate template = Open(folder, TinyTokenizer.ByteLevel("llama-bpe"));

        Assert.Equal("[INST] <<SYS>>Be kind.<</SYS>>\n\n[INST] Hi [/INST]\nHello!\n[INST] Bye [/INST]\n",
            template.RenderText(new ChatRequest([.. Greeting, ChatMessage.Assistant("Hello!"), ChatMessage.User("Bye")])));
    }

    [Fact]
    public void Merges_a_system_message_into_the_next_where_the_template_knows_none()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system!') }}{% endif %}[{{ m.content }}]{% endfor %}");

        Assert.Equal("[Be kind.\nHi]", template.RenderText(new ChatRequest(Greeting)));
        Assert.Equal("", template.RenderText(new ChatRequest([ChatMessage.System("Be kind.")])));
        Assert.Equal("[Be kind.\none\ntwo]", template.RenderText(new ChatRequest(
            [ChatMessage.System("Be kind."), new("user") { Parts = [new("one"), new("two")] }])));
    }

    [Fact]
    public void Gives_arguments_as_objects_to_templates_that_read_them_so()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for m in messages %}{% for c in m.tool_calls %}{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }};{% endfor %}{% endfor %}{% endfor %}");

        string Render(string arguments) => template.RenderText(
            new ChatRequest([ChatMessage.User("Hi"), ChatMessage.Assistant(null, new ToolCall("1", "f", arguments))]));

        Assert.Equal("a=1;b=x;", Render("""{"a":1,"b":"x"}"""));
        ChatException exception = Assert.Throws<ChatException>(() => Render("a=1"));
        Assert.Equal("messages[1].tool_calls[0].function.arguments", exception.Place);
    }

    [Theory]
    [InlineData("{% if thinking_mode == \"disabled\" %}off{% endif %}")]
    [InlineData("{% if thinking_budget == 0 %}off{% endif %}")]
    [InlineData("{% if thinking is defined and not thinking %}off{% endif %}")]
    [InlineData("{% if not enable_thinking %}off{% endif %}")]
    public void Switches_thinking_off_by_the_variable_that_the_template_reads(string source)
    {
        ChatTemplate template = ChatTemplate.Parse(source);

        Assert.Equal("", template.RenderText(new ChatRequest(Greeting)));
        Assert.Equal("off", template.RenderText(new ChatRequest(Greeting) { EnableThinking = false }));
    }

    [Fact]
    public void Variables_of_the_caller_win()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ enable_thinking }} {{ date_string }} {{ preserve_thinking }} {{ clear_thinking }}");
        using JsonDocument variables = JsonDocument.Parse("""{ "enable_thinking": "maybe", "date_string": "today", "preserve_reasoning": true, "clear_thinking": 5 }""");

        Assert.Equal("maybe today True 5", template.RenderText(new ChatRequest(Greeting)
        {
            TemplateVariables = variables.RootElement.EnumerateObject().ToDictionary(v => v.Name, v => v.Value),
        }));
    }

    [Theory]
    [InlineData("Hel", null, ChatContinuation.Auto, "<|assistant|><think></think>Hel")]
    [InlineData("", "We", ChatContinuation.Auto, "<|assistant|><think>We")]
    [InlineData("Hel", "We", ChatContinuation.Auto, "<|assistant|><think>We</think>Hel")]
    [InlineData("Hel", "We", ChatContinuation.Reasoning, "<|assistant|><think>We")]
    [InlineData("", "We", ChatContinuation.Content, "<|assistant|><think>We</think>")]
    public void Goes_on_with_the_last_message(string content, string? reasoning, ChatContinuation continuation, string opening)
    {
        ChatMessage last = ChatMessage.Assistant(content) with { ReasoningContent = reasoning };
        var request = new ChatRequest([ChatMessage.User("Hi"), last]) { Continuation = continuation };
        ChatTemplate template = ChatTemplate.Parse(Simple);

        Assert.Equal($"<|user|>Hi<|end|>{opening}", template.RenderText(request));
        Assert.Equal(opening, template.GenerationPrompt(request));
    }

    [Fact]
    public void Only_an_answer_can_be_continued()
    {
        var request = new ChatRequest(Greeting) { Continuation = ChatContinuation.Auto };

        Assert.Contains("must end with an assistant's message",
            Assert.Throws<ChatException>(() => ChatTemplate.Parse(Simple).RenderText(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_renders_the_same_again_and_on_several_threads()
    {
        // The template changes what it was given.
        ChatTemplate template = ChatTemplate.Parse("{% set _ = messages.append(messages[0]) %}{{ messages|length }}{{ messages[0].content }}");
        var request = new ChatRequest(Greeting);

        string[] prompts = [.. Enumerable.Range(0, 50).AsParallel().Select(_ => template.RenderText(request))];

        Assert.All(prompts, prompt => Assert.Equal(prompts[0], prompt));
    }

    private static ChatTemplate Open(TemporaryFolder folder, TinyVocabulary vocabulary, string? variant = null)
    {
        vocabulary.Write(folder.At("model.gguf"));
        using GgufFile file = GgufFile.Open(folder.At("model.gguf"));
        return ChatTemplate.FromFile(file, Tokenizer.FromFile(file), variant);
    }
}
