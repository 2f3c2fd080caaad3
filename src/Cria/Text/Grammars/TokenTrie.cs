using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>
/// The tokens of a vocabulary as a tree of their bytes, in flat arrays: a node's descendants follow it, so that a tree is walked by counting up.
/// </summary>
/// <remarks>Only tokens that are text are in it: no control tokens, none that end a generation, and none without bytes. It does not change.</remarks>
internal sealed class TokenTrie
{
    private const int LongestSpace = 4;

    private readonly HashSet<int> _writtenOut;
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int[] _parents;
    private readonly ushort[] _depths;
    private readonly int[] _firstTokens;
    private readonly int[] _tokens;
    private readonly int[] _nodesByByte;
    private readonly int[] _firstByByte = new int[257];

    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="writtenOut">Control tokens that count as the text that they are written as.</param>
    public TokenTrie(Tokenizer tokenizer, params ReadOnlySpan<int> writtenOut)
    {
        Tokenizer = tokenizer;
        _writtenOut = [.. writtenOut];
        _tokens = TextTokens();
        TokenOrder.Sort(_tokens, this);
        var nodes = new TokenTrieNodes(this);
        (_bytes, _ends, _parents, _depths, _firstTokens) = (nodes.Bytes, nodes.Ends, nodes.Parents, nodes.Depths, nodes.FirstTokens);
        _nodesByByte = new int[_bytes.Length];
        SortByByte();
        Ends = [.. tokenizer.Special.Ends];
    }

    public Tokenizer Tokenizer { get; }

    /// <summary>The tokens that end a generation.</summary>
    public int[] Ends { get; }

    /// <summary>The number of nodes; the root is none of them.</summary>
    public int Count => _bytes.Length;

    /// <summary>The byte of each node.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>For each node the one after its last descendant.</summary>
    public ReadOnlySpan<int> SubtreeEnds => _ends;

    /// <summary>For each node the one above it, or -1.</summary>
    public ReadOnlySpan<int> Parents => _parents;

    /// <summary>For each node how many lie above it.</summary>
    public ReadOnlySpan<ushort> Depths => _depths;

    /// <summary>The number of nodes on the longest way down.</summary>
    public int Height { get; private set; }

    /// <summary>All tokens, sorted by their bytes.</summary>
    public ReadOnlySpan<int> Tokens => _tokens;

    /// <summary>For each node where its tokens begin among <see cref="Tokens"/>; they end where the next node's begin.</summary>
    public ReadOnlySpan<int> FirstTokens => _firstTokens;

    public ReadOnlySpan<int> NodesWith(byte value) => _nodesByByte.AsSpan(_firstByByte[value].._firstByByte[value + 1]);

    /// <summary>The tokens of nothing but line ends and spaces, as they set parts of an answer apart.</summary>
    public int[] Spaces => field ??= [.. _tokens.Where(token => BytesOf(token) is { Length: <= LongestSpace } bytes && !bytes.ContainsAnyExcept(" \r\n"u8)).Order()];

    /// <summary>Whether a token is text, and so in the tree.</summary>
    public bool Contains(int token) => !Tokenizer.IsEndOfGeneration(token) && !BytesOf(token).IsEmpty;

    /// <summary>The text of a token; none where it is none.</summary>
    public ReadOnlySpan<byte> BytesOf(int token) => Tokenizer.PieceBytes(token, special: _writtenOut.Contains(token));

    /// <summary>The tokens that the tokenizer makes of a text, with control tokens only where some count as text.</summary>
    public int[] Encode(ReadOnlySpan<byte> text) => Tokenizer.Encode(text, addSpecial: false, parseSpecial: _writtenOut.Count > 0);

    private int[] TextTokens()
    {
        var tokens = new List<int>(Tokenizer.Count);
        for (int token = 0; token < Tokenizer.Count; token++)
        {
            // Nodes count their depth in 16 bits; no real token is as long.
            if (Contains(token) && BytesOf(token).Length <= ushort.MaxValue) tokens.Add(token);
        }
        return [.. tokens];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SortByByte()
    {
        foreach (byte value in _bytes) _firstByByte[value + 1]++;
        for (int i = 0; i < 256; i++) _firstByByte[i + 1] += _firstByByte[i];
        int[] next = [.. _firstByByte];
        for (int node = 0; node < _bytes.Length; node++)
        {
            _nodesByByte[next[_bytes[node]]++] = node;
            Height = Math.Max(Height, _depths[node] + 1);
        }
    }
}
