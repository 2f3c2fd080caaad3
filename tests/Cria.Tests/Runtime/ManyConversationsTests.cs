using Cria.Gguf;
using TestModels;

namespace Cria.Tests.Runtime;

public sealed class ManyConversationsTests : IDisposable
{
    private const int Conversations = 16, Turns = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-many-").FullName;

    [Theory]
    [InlineData("llama", TensorType.Q4_K, TinyVariants.None)]
    [InlineData("gemma3", TensorType.Q8_0, TinyVariants.None)]
    [InlineData("qwen3moe", TensorType.F16, TinyVariants.None)]
    public async Task Sixteen_at_once_get_the_answers_that_each_gets_alone(string architecture, TensorType type, TinyVariants variants)
    {
        string path = Path.Combine(_folder, "model.gguf"), adapter = Path.Combine(_folder, "adapter.gguf");
        TinyModel.Write(path, architecture, type, variants: variants);
        TinyAdapter.Write(adapter, path);
        string[][] alone = new string[Conversations][];
        for (int i = 0; i < Conversations; i++)
        {
            // Each in a model that has never heard of the others.
            await using LlamaModel model = await LoadAsync(path);
            using LoraAdapter loaded = await model.LoadAdapterAsync(adapter);
            alone[i] = await TalkAsync(model, loaded, i);
        }

        await using LlamaModel shared = await LoadAsync(path);
        using LoraAdapter one = await shared.LoadAdapterAsync(adapter);
        string[][] together = await Task.WhenAll(Enumerable.Range(0, Conversations).Select(i => TalkAsync(shared, one, i)));

        Assert.Equal(alone, together);
        Assert.True(alone.SelectMany(answers => answers).Distinct().Count() > Conversations);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<LlamaModel> LoadAsync(string path) =>
        LlamaModel.LoadAsync(path, new ModelOptions { ContextLength = 1024, Threads = 2, DiskCache = null });

    /// <summary>A conversation of some turns with a system message like all others' or none, greedy or not, with an adapter or without.</summary>
    private static async Task<string[]> TalkAsync(LlamaModel model, LoraAdapter adapter, int number)
    {
        var options = new GenerationOptions
        {
            MaxTokens = 30,
            Temperature = number % 4 == 3 ? 0.9f : 0,
            Seed = number,
            RepeatPenalty = 1.1f,
            Adapters = number % 3 == 1 ? [new ScaledAdapter(adapter, 0.5f)] : [],
        };
        var messages = new List<ChatMessage>();
        if (number % 2 == 0) messages.Add(ChatMessage.System(string.Concat(Enumerable.Repeat("Say what you know of llamas and their young. ", 4))));
        var answers = new List<string>();
        for (int turn = 0; turn < Turns; turn++)
        {
            messages.Add(ChatMessage.User($"Question {number * (turn + 1) % 7}: who grazes where?"));
            ChatResult answer = await model.ChatAsync(messages, options);
            messages.Add(answer.Message);
            answers.Add(answer.Message.Content ?? "");
        }

        return [.. answers];
    }
}
