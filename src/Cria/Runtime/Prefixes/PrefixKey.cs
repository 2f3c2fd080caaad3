using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// The name of a page on the disk: a hash of everything that its keys and values come from, that is the model, the adapters, how numbers
/// are kept, and all tokens up to the page's last.
/// </summary>
/// <remarks>The tokens may be a stranger's, who must not be able to make two texts with one name: hence SHA-256.</remarks>
internal sealed class PrefixKey
{
    private readonly byte[] _hash;

    private PrefixKey(byte[] hash) => _hash = hash;

    public ReadOnlySpan<byte> Bytes => _hash;

    /// <summary>The key before the first page.</summary>
    /// <param name="model">What tells the model from others.</param>
    /// <param name="pages">The layout of pages.</param>
    /// <param name="adapters">The adapters that the tokens go through.</param>
    public static PrefixKey Root(ReadOnlySpan<byte> model, KvPages pages, AdapterSet? adapters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes($"cria {PrefixFile.Version} {pages.KeyType} {pages.ValueType} {KvPages.PageTokens} {pages.PageBytes}\n"));
        hash.AppendData(model);
        if (adapters is not null)
        {
            foreach (ScaledAdapter scaled in adapters.Adapters)
            {
                hash.AppendData(scaled.Adapter.Hash);
                hash.AppendData(BitConverter.GetBytes(scaled.Scale));
            }
        }

        return new PrefixKey(hash.GetHashAndReset());
    }

    /// <summary>The key of the page of these tokens behind this one.</summary>
    public PrefixKey Next(ReadOnlySpan<int> tokens)
    {
        Span<byte> text = stackalloc byte[SHA256.HashSizeInBytes + KvPages.PageTokens * sizeof(int)];
        _hash.CopyTo(text);
        MemoryMarshal.AsBytes(tokens).CopyTo(text[SHA256.HashSizeInBytes..]);
        return new PrefixKey(SHA256.HashData(text));
    }

    public override string ToString() => Convert.ToHexStringLower(_hash);
}
