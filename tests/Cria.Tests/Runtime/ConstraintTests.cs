using System.Text;
using Cria.Gguf;
using Cria.Runtime;
using Cria.Text;

namespace Cria.Tests.Runtime;

public class ConstraintTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly int[] s_prompt = [TinyModelFile.BeginToken];
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, Speculation = Speculation.None };

    // The model insists on exclamation marks; the pattern has letters that are given, and '?' where anything goes.
    private readonly ScriptedPredictor _shouting = new() { Next = _ => TinyModelFile.ByteToken((byte)'!') };

    [Fact]
    public async Task Only_what_is_allowed_is_said()
    {
        GenerationResult result = await Generate(_shouting, s_greedy, new Pattern("ab?d", forces: false));

        Assert.Equal("ab!d", result.Text);
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
        Assert.Equal([1, 1, 1, 1], _shouting.Passes);
    }

    [Fact]
    public async Task What_must_follow_is_read_together_with_the_token_before_it()
    {
        GenerationResult result = await Generate(_shouting, s_greedy, new Pattern("?bcd?fg?"));

        Assert.Equal("!bcd!fg!", result.Text);
        Assert.Equal(8, result.Usage.CompletionTokens);
        Assert.Equal([1, 4, 3], _shouting.Passes);
    }

    [Fact]
    public async Task Nothing_is_computed_for_an_end_that_must_come()
    {
        GenerationResult result = await Generate(_shouting, s_greedy, new Pattern("?"));

        Assert.Equal("!", result.Text);
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
        Assert.Equal([1], _shouting.Passes);
    }

    [Fact]
    public async Task Passes_stay_within_a_batch()
    {
        GenerationResult result = await Generate(_shouting, s_greedy, new Pattern("?" + new string('x', 40) + "?"));

        Assert.Equal("!" + new string('x', 40) + "!", result.Text);
        Assert.Equal([1, 16, 16, 9], _shouting.Passes);
    }

    [Fact]
    public async Task The_number_of_tokens_counts_what_was_forced()
    {
        GenerationResult result = await Generate(_shouting, s_greedy with { MaxTokens = 3 }, new Pattern("?bcdef?"));

        Assert.Equal("!bc", result.Text);
        Assert.Equal(FinishReason.Length, result.FinishReason);
        Assert.Equal(3, result.Tokens.Count);
    }

    [Fact]
    public async Task A_stop_sequence_in_what_was_forced_ends_the_text()
    {
        GenerationResult result = await Generate(_shouting, s_greedy with { StopSequences = ["cd"] }, new Pattern("?bcdef?"));

        Assert.Equal("!b", result.Text);
        Assert.Equal(FinishReason.StopSequence, result.FinishReason);
    }

    [Fact]
    public async Task The_context_does_not_overflow_with_what_is_forced()
    {
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'!'), ContextLength = 5 };
        GenerationResult result = await Generate(predictor, s_greedy, new Pattern("?bcdef?"));

        Assert.Equal("!bcd", result.Text);
        Assert.Equal(FinishReason.ContextFull, result.FinishReason);
    }

    [Fact]
    public async Task Each_token_has_its_probabilities_where_they_are_asked_for()
    {
        GenerationResult result = await Generate(_shouting, s_greedy with { ProbabilityCount = 2 }, new Pattern("?bc"));

        Assert.Equal("!bc", result.Text);
        Assert.Equal(result.Tokens, result.Probabilities.Select(step => step.Chosen.Token));
        Assert.All(result.Probabilities, step => Assert.Equal("!", step.Likeliest[0].Text));
    }

    [Fact]
    public async Task A_constraint_that_leaves_nothing_is_told()
    {
        await Assert.ThrowsAsync<NoPredictionException>(() => Generate(_shouting, s_greedy, new Pattern("a\u00e9", forces: false)));
    }

    [Fact]
    public async Task Control_tokens_are_written_out_where_a_reader_needs_them()
    {
        const int AControlToken = TinyModelFile.BeginToken;
        using var model = Model(ScriptedPredictor.Saying([TinyModelFile.ByteToken((byte)'a'), AControlToken]), out Engine engine);
        GenerationResult hidden = await Start(engine, new GenerationRequest(s_prompt, s_greedy, 0));
        GenerationResult shown = await Start(engine, new GenerationRequest(s_prompt, s_greedy, 0) { ShowsControlTokens = true });

        Assert.Equal("a", hidden.Text);
        Assert.Equal("a" + engine.Tokenizer.TokenText(AControlToken), shown.Text);
    }

    private async Task<GenerationResult> Generate(IPredictor predictor, GenerationOptions options, IConstraint constraint)
    {
        using LlamaModel model = Model(predictor, out Engine engine);
        return await Start(engine, new GenerationRequest(s_prompt, options, 0) { Constraint = constraint });
    }

    private static Task<GenerationResult> Start(Engine engine, GenerationRequest request) =>
        engine.Complete(new Generation(engine, request, CancellationToken.None));

    private LlamaModel Model(IPredictor predictor, out Engine engine)
    {
        GgufFile opened = GgufFile.Open(file.Path);
        engine = new Engine(opened, Tokenizer.FromFile(opened), predictor);
        return new LlamaModel(engine);
    }

    /// <summary>A text of a known length whose bytes are given, or free where there is a question mark.</summary>
    private sealed class Pattern(string pattern, bool forces = true) : IConstraint
    {
        private readonly byte[] _bytes = [.. Encoding.Latin1.GetBytes(pattern)];
        private int _position;

        public bool IsFinished => _position == _bytes.Length;

        private int? Given => GivenAt(_position);

        public void Apply(Span<float> logits)
        {
            if (Given is not { } given) return;
            for (int token = 0; token < logits.Length; token++)
            {
                // No token stands for the byte of an accented letter here.
                if (token != given || _bytes[_position] >= 0x80) logits[token] = float.NegativeInfinity;
            }
        }

        public void Accept(int token) => _position++;

        public int Forced(Span<int> tokens)
        {
            int count = 0;
            while (forces && count < tokens.Length && _position + count < _bytes.Length && GivenAt(_position + count) is { } given) tokens[count++] = given;
            return count;
        }

        private int? GivenAt(int position) => _bytes[position] == (byte)'?' ? null : TinyModelFile.ByteToken(_bytes[position]);
    }
}
