using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>Makes the nodes of a tree out of its sorted tokens.</summary>
internal sealed class TokenTrieNodes
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TokenTrieNodes(TokenTrie trie)
    {
        ReadOnlySpan<int> tokens = trie.Tokens;
        int room = Math.Max(16, tokens.Length * 4);
        (Bytes, Ends, Parents, Depths, FirstTokens) = (new byte[room], new int[room], new int[room], new ushort[room], new int[room]);
        int count = 0;
        // The nodes from the root to the last token.
        var path = new List<int>();
        ReadOnlySpan<byte> previous = [];
        for (int i = 0; i < tokens.Length; i++)
        {
            ReadOnlySpan<byte> bytes = trie.BytesOf(tokens[i]);
            int shared = bytes.CommonPrefixLength(previous);
            previous = bytes;
            if (shared == bytes.Length) continue;
            Close(path, shared, count);
            if (count + bytes.Length >= Bytes.Length) Resize(Math.Max(Bytes.Length * 2, count + bytes.Length + 1));
            for (int depth = shared; depth < bytes.Length; depth++)
            {
                Parents[count] = depth == 0 ? -1 : path[depth - 1];
                Bytes[count] = bytes[depth];
                Depths[count] = (ushort)depth;
                FirstTokens[count] = i;
                path.Add(count++);
            }
        }

        Close(path, 0, count);
        Resize(count);
        FirstTokens = [.. FirstTokens, tokens.Length];
    }

    public byte[] Bytes { get; private set; }

    public int[] Ends { get; private set; }

    public int[] Parents { get; private set; }

    public ushort[] Depths { get; private set; }

    /// <summary>For each node the first of its tokens, and then the end of the last one's.</summary>
    public int[] FirstTokens { get; private set; }

    // Ends the nodes below a depth.
    private void Close(List<int> path, int depth, int end)
    {
        for (int i = path.Count - 1; i >= depth; i--) Ends[path[i]] = end;
        path.RemoveRange(depth, path.Count - depth);
    }

    private void Resize(int room)
    {
        Bytes = Resized(Bytes, room);
        Ends = Resized(Ends, room);
        Parents = Resized(Parents, room);
        Depths = Resized(Depths, room);
        FirstTokens = Resized(FirstTokens, room);
    }

    private static T[] Resized<T>(T[] array, int length)
    {
        Array.Resize(ref array, length);
        return array;
    }
}
