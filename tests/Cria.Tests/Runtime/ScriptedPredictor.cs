using Cria.Gguf;
using Cria.Models;
using Cria.Runtime;
using Cria.Text;

namespace Cria.Tests.Runtime;

/// <summary>A network that says what the test tells it to: its likeliest token follows a script.</summary>
internal sealed class ScriptedPredictor : IPredictor
{
    /// <summary>Maps a text so far to the token that follows.</summary>
    public required Func<IReadOnlyList<int>, int> Next { get; init; }

    /// <summary>Called within each pass, with the text as it will be and the token that cancels.</summary>
    public Action<IReadOnlyList<int>, CancellationToken>? Passing { get; set; }

    /// <summary>The logit of the token that follows; all others have 0.</summary>
    public float Certainty { get; init; } = 50;

    /// <summary>All logits behind a text, where a single likely token does not do.</summary>
    public Func<IReadOnlyList<int>, float[]>? AllLogits { get; init; }

    public int VocabularySize { get; init; } = TinyModelFile.VocabularySize;

    public int ContextLength { get; init; } = 1000;

    public int MaxBatch { get; init; } = 16;

    /// <summary>The kin of all sequences.</summary>
    public object? Kin { get; init; }

    /// <summary>The number of sequences that exist now.</summary>
    public int OpenSequences { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>The sizes of all passes.</summary>
    public List<int> Passes { get; } = [];

    /// <summary>What a sequence finds in a cache of the tokens that are to come; nothing, unless a test says otherwise.</summary>
    public Func<IReadOnlyList<int>, int> Known { get; init; } = _ => 0;

    /// <summary>Called before each pass with the texts as they are and what each is to be continued by; it may throw.</summary>
    public Action<IReadOnlyList<(int[] Text, int[] Next)>>? Planned { get; set; }

    public ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, Sharing sharing = Sharing.None)
    {
        OpenSequences++;
        return new Sequence(this);
    }

    public void Forward(IReadOnlyList<Share> shares, CancellationToken cancellationToken)
    {
        Assert.InRange(shares.Sum(share => share.Tokens.Length), 1, MaxBatch);
        Assert.Equal(shares.Count, shares.DistinctBy(share => share.Sequence).Count());
        Planned?.Invoke([.. shares.Select(share => (share.Sequence.Tokens.ToArray(), share.Tokens.ToArray()))]);
        cancellationToken.ThrowIfCancellationRequested();
        Passes.Add(shares.Sum(share => share.Tokens.Length));
        int[] lengths = [.. shares.Select(share => share.Sequence.Tokens.Length)];
        try
        {
            foreach (Share share in shares) ((Sequence)share.Sequence).Append(share.Tokens.Span, share.Logits, cancellationToken);
        }
        catch
        {
            for (int i = 0; i < lengths.Length; i++) shares[i].Sequence.Truncate(Math.Min(lengths[i], shares[i].Sequence.Tokens.Length));
            throw;
        }
    }

    public void Dispose()
    {
        Assert.Equal(0, OpenSequences);
        IsDisposed = true;
    }

    /// <summary>Continues the prompt with the text, byte by byte, and then ends.</summary>
    public static ScriptedPredictor Saying(string text) => Saying([.. System.Text.Encoding.UTF8.GetBytes(text).Select(TinyModelFile.ByteToken)]);

    /// <summary>Continues the prompt with the tokens and then ends; the prompt must be one token long.</summary>
    public static ScriptedPredictor Saying(int[] tokens) =>
        new() { Next = text => text.Count - 1 < tokens.Length ? tokens[text.Count - 1] : TinyModelFile.EndToken };

    private sealed class Sequence(ScriptedPredictor owner) : ISequence
    {
        private readonly List<int> _text = [];
        private readonly List<float[]> _logits = [];

        public ReadOnlySpan<int> Tokens => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text);

        public int Adopted { get; private set; }

        public object? Kin => owner.Kin;

        public int Adopt(ReadOnlySpan<int> upcoming)
        {
            int known = Math.Min(owner.Known([.. _text, .. upcoming]) - _text.Count, upcoming.Length - 1);
            if (known <= 0) return 0;
            _text.AddRange(upcoming[..known]);
            Adopted += known;
            return known;
        }

        public void Truncate(int length) => _text.RemoveRange(length, _text.Count - length);

        public void Append(ReadOnlySpan<int> tokens, LogitsOf logits, CancellationToken cancellationToken)
        {
            Assert.InRange(_text.Count + tokens.Length, 1, owner.ContextLength);
            _logits.Clear();
            foreach (int token in tokens)
            {
                _text.Add(token);
                if (logits == LogitsOf.All) _logits.Add(Predict());
            }

            owner.Passing?.Invoke(_text, cancellationToken);
            if (logits == LogitsOf.Last) _logits.Add(Predict());
        }

        public Span<float> Logits(int index) => _logits[index];

        public void Dispose() => owner.OpenSequences--;

        private float[] Predict()
        {
            if (owner.AllLogits is { } all) return all(_text);
            float[] logits = new float[owner.VocabularySize];
            logits[owner.Next(_text)] = owner.Certainty;
            return logits;
        }
    }
}

/// <summary>A tiny model on disk: its vocabulary has a token for each byte.</summary>
public sealed class TinyModelFile : IDisposable
{
    public const string Name = "tiny";

    public const int VocabularySize = 307, BeginToken = 1, EndToken = 2, TrainedContext = 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-").FullName;

    public TinyModelFile()
    {
        Path = System.IO.Path.Combine(_folder, "some-file.gguf");
        TestModels.TinyModel.Write(Path, "llama");
    }

    public string Path { get; }

    public static int ByteToken(byte value) => 3 + value;

    /// <summary>A model with this file's vocabulary and a scripted network.</summary>
    internal LlamaModel With(IPredictor predictor, string? chatTemplate = null, SchedulerLimits? limits = null)
    {
        GgufFile file = GgufFile.Open(Path);
        return new LlamaModel(new Engine(file, Tokenizer.FromFile(file), predictor, chatTemplate, limits));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
