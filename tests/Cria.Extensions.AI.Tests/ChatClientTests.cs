using System.ComponentModel;
using System.Text.Json;
using Cria.Tests.Runtime;
using Microsoft.Extensions.AI;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Cria.Extensions.AI.Tests;

public class ChatClientTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private const string Call = "<tool_call>\n{\"name\": \"warmth\", \"arguments\": {\"place\": \"Rome\"}}\n</tool_call>";

    private static readonly ChatOptions s_greedy = new() { Temperature = 0 };

    private readonly List<int[]> _prompts = [];

    [Fact]
    public async Task Answers_with_text_reasoning_usage_and_a_reason()
    {
        await using LlamaModel model = file.Saying(_prompts, "<think>Hm.</think>Nineteen.");
        using IChatClient client = model.AsIChatClient();
        ChatResponse response = await client.GetResponseAsync("How warm is it?", s_greedy);

        Assert.Equal("Nineteen.", response.Text);
        Assert.Equal("Hm.", Assert.Single(response.Messages).Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("some-file", response.ModelId);
        Assert.Equal(_prompts[0].Length, response.Usage!.InputTokenCount);
        Assert.Equal(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
        Assert.Equal(0, response.Usage.CachedInputTokenCount);
        Assert.Null(response.ConversationId);
    }

    [Fact]
    public async Task Streams_what_adds_up_to_the_whole_response()
    {
        await using LlamaModel model = file.Saying(_prompts, "<think>Hm.</think>Let me look.\n" + Call);
        using IChatClient client = model.AsIChatClient();
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("How warm?", new ChatOptions { Temperature = 0, Tools = [Warmth()] }))
            updates.Add(update);
        ChatResponse response = updates.ToChatResponse();

        Assert.True(updates.Count > 3);
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        Assert.Equal("Let me look.", response.Text.Trim());
        Assert.Equal("Hm.", response.Messages[0].Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.Equal("warmth", response.Messages[0].Contents.OfType<FunctionCallContent>().Single().Name);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.True(response.Usage!.OutputTokenCount > 10);
    }

    [Fact]
    public async Task Functions_are_called_and_their_results_come_back_under_their_ids()
    {
        await using LlamaModel model = file.Saying(_prompts, Call, "It is 19 degrees in Rome.");
        using IChatClient client = model.AsIChatClient();
        var options = new ChatOptions { Temperature = 0, Tools = [Warmth()] };
        List<AIChatMessage> messages = [new(ChatRole.User, "How warm is it in Rome?")];
        ChatResponse response = await client.GetResponseAsync(messages, options);
        while (response.FinishReason == ChatFinishReason.ToolCalls)
        {
            messages.AddRange(response.Messages);
            var results = new List<AIContent>();
            foreach (FunctionCallContent call in response.Messages[0].Contents.OfType<FunctionCallContent>())
            {
                Assert.NotEmpty(call.CallId);
                var function = (AIFunction)options.Tools.Single(tool => tool.Name == call.Name);
                results.Add(new FunctionResultContent(call.CallId, await function.InvokeAsync(new AIFunctionArguments(call.Arguments))));
            }

            messages.Add(new AIChatMessage(ChatRole.Tool, results));
            response = await client.GetResponseAsync(messages, options);
        }

        Assert.Equal("It is 19 degrees in Rome.", response.Text);
        string prompt = await model.DetokenizeAsync(_prompts[1]);
        Assert.Contains("\"arguments\": {\"place\": \"Rome\"}", prompt);
        Assert.EndsWith("<|im_start|>tool\n19 in Rome<|im_end|>\n<|im_start|>assistant\n", prompt);
    }

    [Fact]
    public async Task A_required_function_is_called_and_a_forbidden_one_is_not()
    {
        // What it would rather say is of no importance: the form of a call is enforced.
        await using LlamaModel model = file.Saying(_prompts, new string('x', 40), Call);
        using IChatClient client = model.AsIChatClient();
        AIFunctionDeclaration toss = AIFunctionFactory.CreateDeclaration(
            "toss", null, JsonElement.Parse("""{"type":"object","properties":{"side":{"enum":["head"]}},"required":["side"],"additionalProperties":false}"""));
        var options = new ChatOptions
        {
            Temperature = 0,
            MaxOutputTokens = 300,
            AllowMultipleToolCalls = false,
            Tools = [Warmth(), toss],
            ToolMode = ChatToolMode.RequireSpecific("toss"),
        };
        ChatResponse forced = await client.GetResponseAsync("How warm?", options);
        FunctionCallContent call = forced.Messages[0].Contents.OfType<FunctionCallContent>().Single();
        Assert.Equal("toss", call.Name);
        Assert.Equal("head", call.Arguments!["side"]!.ToString());

        options.ToolMode = ChatToolMode.None;
        ChatResponse forbidden = await client.GetResponseAsync("How warm, again?", options);
        Assert.Empty(forbidden.Messages[0].Contents.OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task The_response_format_is_enforced()
    {
        await using LlamaModel model = file.Saying(_prompts, new string('x', 40));
        using IChatClient client = model.AsIChatClient();
        ChatResponse response = await client.GetResponseAsync("Which?", new ChatOptions
        {
            Temperature = 0,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"enum":["one answer only"]}""")),
        });
        Assert.Equal("\"one answer only\"", response.Text);
    }

    [Fact]
    public async Task Instructions_join_the_system_message()
    {
        await using LlamaModel model = file.Saying(_prompts, "Yes.");
        using IChatClient client = model.AsIChatClient();
        await client.GetResponseAsync(
            [new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hi")], new ChatOptions { Temperature = 0, Instructions = "Be brief." });
        Assert.Contains("<|im_start|>system\nBe brief.\n\nBe kind.<|im_end|>", await model.DetokenizeAsync(_prompts[0]));
    }

    [Fact]
    public async Task Options_limit_the_answer()
    {
        await using LlamaModel model = file.Saying(_prompts, "one two three");
        using IChatClient client = model.AsIChatClient();
        ChatResponse cut = await client.GetResponseAsync("Count.", new ChatOptions { Temperature = 0, MaxOutputTokens = 3 });
        Assert.Equal("one", cut.Text);
        Assert.Equal(ChatFinishReason.Length, cut.FinishReason);

        ChatResponse stopped = await client.GetResponseAsync("Count!", new ChatOptions { Temperature = 0, StopSequences = [" three"] });
        Assert.Equal("one two", stopped.Text);
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public async Task Options_of_our_own_are_taken_and_checked()
    {
        await using LlamaModel model = file.Saying(_prompts, "xxx");
        using IChatClient client = model.AsIChatClient();
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ => new GenerationOptions { Temperature = 0 },
            AdditionalProperties = new() { ["grammar"] = "root ::= \"no\"", ["not_ours"] = 1 },
        };
        Assert.Equal("no", (await client.GetResponseAsync("Well?", options)).Text);

        options.AdditionalProperties = new() { ["min_p"] = "much" };
        InvalidOptionException refused = await Assert.ThrowsAsync<InvalidOptionException>(() => client.GetResponseAsync("Well?", options));
        Assert.Contains("min_p", refused.Message);
    }

    [Fact]
    public async Task What_the_model_cannot_read_is_refused_by_name()
    {
        await using LlamaModel model = file.Saying(_prompts, "x");
        using IChatClient client = model.AsIChatClient();
        AIChatMessage picture = new(ChatRole.User, [new TextContent("What is this?"), new DataContent(new byte[] { 1 }, "image/png")]);

        Assert.Contains("DataContent of type image/png", (await Refused([picture], s_greedy)).Message);
        Assert.Contains("HostedWebSearchTool", (await Refused([new(ChatRole.User, "Hi")], new() { Tools = [new HostedWebSearchTool()] })).Message);
        Assert.Contains("ConversationId", (await Refused([new(ChatRole.User, "Hi")], new() { ConversationId = "1" })).Message);

        Task<NotSupportedException> Refused(AIChatMessage[] messages, ChatOptions options) =>
            Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(messages, options));
    }

    [Fact]
    public async Task Keeps_the_contracts_of_the_interface()
    {
        await using LlamaModel model = file.Saying(_prompts, new string('x', 1000));
        IChatClient client = model.AsIChatClient();
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<AIChatMessage>)null!));
        Assert.Throws<ArgumentNullException>(() => { client.GetStreamingResponseAsync((IEnumerable<AIChatMessage>)null!); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("Hi", s_greedy, new CancellationToken(canceled: true)));

        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("Hi", s_greedy, cancellation.Token)) await cancellation.CancelAsync();
        });

        Assert.Equal("cria", client.GetRequiredService<ChatClientMetadata>().ProviderName);
        Assert.Equal("some-file", client.GetRequiredService<ChatClientMetadata>().DefaultModelId);
        Assert.Same(model, client.GetService<LlamaModel>());
        Assert.Same(client, client.GetService<CriaChatClient>());
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService<string>());

        client.Dispose();
        client.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("Hi"));
        Assert.NotNull(model.Info);
    }

    private static AIFunction Warmth() => AIFunctionFactory.Create(
        ([Description("Where.")] string place) => $"19 in {place}", "warmth", "Tells the temperature.");
}
