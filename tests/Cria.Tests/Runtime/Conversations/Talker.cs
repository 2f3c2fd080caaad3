using System.Collections.Concurrent;
using System.Text;

namespace Cria.Tests.Runtime;

/// <summary>A scripted model for conversations: its answers come one after the other, whatever it is asked; null is one that never ends.</summary>
internal sealed class Talker
{
    public const string Template =
        """
        {%- for message in messages %}<|im_start|>{{ message.role }}
        {{ message.content }}<|im_end|>
        {% endfor -%}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif -%}
        """;

    // Each text, by the list that holds it, with the length of its prompt and what is said after that.
    private readonly ConcurrentDictionary<IReadOnlyList<int>, (int Prompt, int[]? Answer)> _texts = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentQueue<string?> _answers;

    public Talker(params string?[] answers)
    {
        _answers = new(answers);
        Predictor = new ScriptedPredictor { MaxBatch = 1_000_000, ContextLength = ContextLength, Next = Next };
    }

    public int ContextLength { get; init; } = 1_000_000_000;

    public ScriptedPredictor Predictor { get; private set; }

    /// <summary>What the model was asked, as tokens.</summary>
    public ConcurrentQueue<int[]> Prompts { get; } = [];

    /// <summary>A model that talks so.</summary>
    public LlamaModel On(TinyModelFile file)
    {
        Predictor = new ScriptedPredictor { MaxBatch = 1_000_000, ContextLength = ContextLength, Next = Next, Passing = Predictor.Passing };
        return file.With(Predictor, Template);
    }

    public async Task<string> PromptAsync(LlamaModel model, int index) => (await model.DetokenizeAsync(Prompts.ElementAt(index))).TrimStart(' ');

    private int Next(IReadOnlyList<int> text)
    {
        (int prompt, int[]? answer) = _texts.GetOrAdd(text, _ =>
        {
            Prompts.Enqueue([.. text]);
            string? said = _answers.TryDequeue(out string? next) ? next : "";
            return (text.Count, said is null ? null : [.. Encoding.UTF8.GetBytes(said).Select(TinyModelFile.ByteToken)]);
        });
        if (answer is null) return TinyModelFile.ByteToken((byte)'x');
        return text.Count - prompt < answer.Length ? answer[text.Count - prompt] : TinyModelFile.EndToken;
    }
}

internal static class ConversationReading
{
    public static async Task<string> TextAsync(this ConversationStream stream)
    {
        string text = "";
        await foreach (ChatDelta piece in stream) text += piece.Content;
        return text;
    }

    /// <summary>Waits for the first piece and leaves the stream as it is.</summary>
    public static async Task<IAsyncEnumerator<ChatDelta>> BeginAsync(this ConversationStream stream)
    {
        IAsyncEnumerator<ChatDelta> pieces = stream.GetAsyncEnumerator();
        Assert.True(await pieces.MoveNextAsync());
        return pieces;
    }

    public static string[] Roles(this Conversation conversation) => [.. conversation.Messages.Select(message => message.Role)];

    public static string[] Texts(this Conversation conversation) => [.. conversation.Messages.Select(message => message.Text)];
}
