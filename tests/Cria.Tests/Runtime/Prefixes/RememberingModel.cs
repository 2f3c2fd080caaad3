using Cria.Models;
using Cria.Runtime.Prefixes;
using Cria.Tests.Models;

namespace Cria.Tests.Runtime.Prefixes;

/// <summary>A tiny network whose sequences share what they begin with.</summary>
internal sealed class RememberingModel : IDisposable
{
    public const int PageTokens = Cria.Tensors.KvPages.PageTokens;

    /// <summary>Creates one; <paramref name="folder"/> is its disk cache.</summary>
    public RememberingModel(PrefixFolder? folder = null, NetworkOptions? options = null, byte model = 1)
    {
        Tiny = new TinyNetwork(options);
        Store = folder is null ? null : new PrefixStore(Cache, folder, new Lazy<byte[]>([model]), Warnings.Add);
        Prefixes = new PrefixCache(Cache, Store);
    }

    public TinyNetwork Tiny { get; }

    public KvCache Cache => Tiny.Network.Cache;

    public PrefixStore? Store { get; }

    public PrefixCache Prefixes { get; }

    public List<string> Warnings { get; } = [];

    /// <summary>A text that begins with whole pages of tokens, different for each salt, and ends with some more.</summary>
    public static int[] Passage(int pages, int more = 0, int salt = 0) => TinyNetwork.Tokens(pages * PageTokens + more, salt);

    public Reader Begin(bool isKept = false, params ScaledAdapter[] adapters) => new(this, Tiny.Network.NewSequence(adapters), isKept);

    /// <summary>Reads a text in a sequence of its own, and returns its last logits and how many of its tokens were known.</summary>
    public (float[] Logits, int Known) Read(int[] text, bool isKept = false, params ScaledAdapter[] adapters)
    {
        using Reader reader = Begin(isKept, adapters);
        float[] logits = reader.Read(text);
        return (logits, reader.Known);
    }

    /// <summary>The number of a text's tokens that are known now.</summary>
    public int Known(int[] text, params ScaledAdapter[] adapters)
    {
        using Reader reader = Begin(isKept: false, adapters);
        return reader.Adopt(text);
    }

    public void Dispose()
    {
        Prefixes.Dispose();
        Tiny.Dispose();
    }

    /// <summary>A sequence, and the tree told of what it reads.</summary>
    internal sealed class Reader(RememberingModel model, KvSequence sequence, bool isKept) : IDisposable
    {
        private readonly PrefixTrail _trail = PrefixTrail.Begin(model.Prefixes, sequence, isKept);

        public KvSequence Sequence => sequence;

        /// <summary>The number of tokens that it took over.</summary>
        public int Known { get; private set; }

        public int Adopt(ReadOnlySpan<int> tokens)
        {
            int before = _trail.Adopted;
            while (_trail.Adopt(tokens[(_trail.Adopted - before)..]) > 0)
            {
                // What the disk has comes in parts.
            }

            Known += _trail.Adopted - before;
            return _trail.Adopted - before;
        }

        /// <summary>Takes over what is known, computes the rest in slices of a page, and returns the last logits.</summary>
        public float[] Read(ReadOnlySpan<int> tokens)
        {
            tokens = tokens[Adopt(tokens)..];
            float[] logits = [];
            while (!tokens.IsEmpty)
            {
                int count = Math.Min(tokens.Length, PageTokens - sequence.Length % PageTokens);
                logits = model.Tiny.Run(sequence, tokens[..count]);
                _trail.Append(tokens[..count]);
                tokens = tokens[count..];
            }

            return logits;
        }

        public void Truncate(int length) => _trail.Truncate(length);

        public void Dispose() => sequence.Dispose();
    }
}
