using System.Numerics;
using System.Security.Cryptography;

namespace Cria.Text;

/// <summary>The merges of a BPE tokenizer: for two symbols, the rank of their merge and the symbol it makes.</summary>
internal sealed class MergeTable
{
    private readonly Entry[] _entries;
    private readonly int _shift;
    // Odd and random, so that no file can be made whose pairs all fall into the same slots.
    private readonly ulong _multiplier = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    public MergeTable(int expectedCount)
    {
        // Between a third and two thirds full.
        int bits = BitOperations.Log2((uint)Math.Max(expectedCount, 8) * 3 / 2) + 1;
        _entries = new Entry[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Adds a merge, unless the same pair has one: the first counts.</summary>
    public void Add(int left, int right, uint rank, int merged)
    {
        ulong key = Key(left, right);
        ref Entry entry = ref _entries[Slot(key)];
        if (entry.Key == 0) entry = new Entry(key, rank, merged);
    }

    public bool TryFind(int left, int right, out uint rank, out int merged)
    {
        ulong key = Key(left, right);
        Entry entry = _entries[Slot(key)];
        (rank, merged) = (entry.Rank, entry.Merged);
        return entry.Key == key;
    }

    // Never 0, which marks a free slot.
    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right + 1;

    private int Slot(ulong key)
    {
        int slot = (int)(key * _multiplier >> _shift);
        while (_entries[slot].Key is var other && other != 0 && other != key) slot = (slot + 1) & (_entries.Length - 1);
        return slot;
    }

    private readonly record struct Entry(ulong Key, uint Rank, int Merged);
}
