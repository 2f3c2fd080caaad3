using System.Text;
using System.Text.Json.Nodes;
using Cria.Testing;
using Cria.Text.Chats;

namespace Cria.Tests.Text;

/// <summary>Every sample of every family, in whatever pieces it comes.</summary>
public sealed class ChatReaderSampleTests
{
    private static readonly IReadOnlyList<ChatTool> Tools = ChatTool.FromJson(ChatSamples.Tools);

    public static TheoryData<string> Families => [.. ChatSamples.Families.Select(family => family.Template)];

    [Theory, MemberData(nameof(Families))]
    public void Reads_what_is_meant(string family)
    {
        ForEachSample(family, (reader, sample) =>
        {
            reader.Append(sample.Text);
            reader.Finish();
            ChatMessage message = reader.Message;
            Assert.Equal(sample.Reasoning, message.ReasoningContent ?? "");
            Assert.Equal(sample.Content, message.Content);
            Assert.Equal(sample.Calls.Select(Normal), (message.ToolCalls ?? []).Select(call => Normal($"{call.Name} {call.Arguments}")));
            Assert.All(message.ToolCalls ?? [], call => Assert.NotEmpty(call.Id));
        });
    }

    [Theory, MemberData(nameof(Families))]
    public void Says_the_same_in_two_pieces_cut_anywhere(string family)
    {
        foreach (ChatSample sample in Family(family).Samples)
        {
            string whole = Said(family, [sample.Text]);
            for (int cut = 1; cut < sample.Text.Length; cut++) Assert.Equal(whole, Said(family, [sample.Text[..cut], sample.Text[cut..]]));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Says_the_same_character_by_character(string family)
    {
        foreach (ChatSample sample in Family(family).Samples)
            Assert.Equal(Said(family, [sample.Text]), Said(family, sample.Text.Select(c => $"{c}")));
    }

    // A beginning of a text is what a model says whose answer is cut off.
    [Theory, MemberData(nameof(Families))]
    public void Says_the_same_of_every_beginning_whatever_the_pieces(string family)
    {
        foreach (ChatSample sample in Family(family).Samples)
        {
            for (int length = 0; length <= sample.Text.Length; length++)
            {
                string beginning = sample.Text[..length];
                Assert.Equal(Said(family, [beginning]), Said(family, beginning.Select(c => $"{c}")));
            }
        }
    }

    // Texts that nobody foresaw: samples with pieces cut out, doubled and put elsewhere.
    [Theory, MemberData(nameof(Families))]
    public void Says_the_same_of_garbled_text_whatever_the_pieces(string family)
    {
        var random = new Random(family.Length);
        string[] texts = [.. Family(family).Samples.Select(sample => sample.Text)];
        for (int i = 0; i < 150; i++)
        {
            string text = texts[random.Next(texts.Length)];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                string other = texts[random.Next(texts.Length)];
                int from = random.Next(other.Length + 1), length = random.Next(Math.Min(24, other.Length - from) + 1), at = random.Next(text.Length + 1);
                text = random.Next(2) == 0
                    ? text.Insert(at, other.Substring(from, length))
                    : text.Remove(Math.Min(at, text.Length), Math.Min(length, text.Length - Math.Min(at, text.Length)));
            }

            string whole = Said(family, [text]);
            Assert.Equal(whole, Said(family, text.Select(c => $"{c}")));
            Assert.Equal(whole, Said(family, text.Chunk(random.Next(2, 9)).Select(piece => new string(piece))));
        }
    }

    // Whatever is shown of a beginning must still be true when more comes.
    [Theory, MemberData(nameof(Families))]
    public void Takes_nothing_back(string family)
    {
        ForEachSample(family, (reader, sample) =>
        {
            var shown = new StringBuilder();
            foreach (char c in sample.Text) Describe(reader.Append($"{c}"), shown);
            string early = shown.ToString();
            Describe(reader.Finish(), shown);
            Assert.StartsWith(early, shown.ToString());
            Assert.Equal(Said(family, [sample.Text]), Concatenated(reader.Message));
        });
    }

    private static void ForEachSample(string family, Action<ChatReader, ChatSample> test)
    {
        foreach (ChatSample sample in Family(family).Samples) test(Reader(family), sample);
    }

    private static ChatSampleFamily Family(string template) => ChatSamples.Families.Single(family => family.Template == template);

    private static ChatReader Reader(string family) =>
        new(ChatNotationDetector.Detect(Family(family).Says), Tools, Family(family).Prompt);

    // Everything that the deltas of a text say, put together.
    private static string Said(string family, IEnumerable<string> pieces)
    {
        ChatReader reader = Reader(family);
        var deltas = pieces.SelectMany(reader.Append).ToList();
        deltas.AddRange(reader.Finish());
        var calls = new List<(string Name, StringBuilder Arguments)>();
        foreach (ToolCallDelta call in deltas.Select(delta => delta.ToolCall).OfType<ToolCallDelta>())
        {
            Assert.Equal(call.Name is null, call.Id is null);
            if (call.Name is not null) calls.Add((call.Name, new StringBuilder()));
            Assert.Equal(calls.Count - 1, call.Index);
            calls[call.Index].Arguments.Append(call.Arguments);
        }

        string said = $"{string.Concat(deltas.Select(d => d.Reasoning))}|{string.Concat(deltas.Select(d => d.Content))}|"
            + string.Join('|', calls.Select(call => $"{call.Name} {call.Arguments}"));
        Assert.Equal(Concatenated(reader.Message), said);
        return said;
    }

    private static string Concatenated(ChatMessage message) =>
        $"{message.ReasoningContent}|{message.Content}|" + string.Join('|', (message.ToolCalls ?? []).Select(call => $"{call.Name} {call.Arguments}"));

    private static void Describe(IEnumerable<ChatDelta> deltas, StringBuilder shown)
    {
        foreach (ChatDelta delta in deltas) shown.Append(delta.Reasoning).Append(delta.Content).Append(delta.ToolCall?.Name).Append(delta.ToolCall?.Arguments);
    }

    private static string Normal(string call)
    {
        int space = call.IndexOf(' ');
        return $"{call[..space]} {JsonNode.Parse(call[space..])!.ToJsonString()}";
    }
}
