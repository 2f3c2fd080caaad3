using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Tests.Tensors;

/// <summary>What storing leaves in the pages of a cache.</summary>
public sealed unsafe class KvPagesTests
{
    public static TheoryData<TensorType, int> Formats => new()
    {
        { TensorType.F32, 64 }, { TensorType.F32, 20 }, { TensorType.F32, 6 },
        { TensorType.F16, 64 }, { TensorType.F16, 80 }, { TensorType.F16, 7 },
        { TensorType.Q8_0, 64 }, { TensorType.Q8_0, 96 },
    };

    [Theory, MemberData(nameof(Formats))]
    public void Tokens_stored_together_lie_as_if_stored_one_by_one(TensorType type, int length)
    {
        const int Tokens = 150, Skipped = 5;
        KvShape shape = new(2, length, length);
        using var math = new Arithmetic(2);
        using KvPages together = new(type, type, [shape, shape]), single = new(type, type, [shape, shape]);
        int[] pages = [2, 0, 1];
        for (int i = 0; i < 3; i++)
        {
            Clear(together, together.Grow());
            Clear(single, single.Grow());
        }

        using Activations keys = Noise(Tokens, 2 * length, 1), values = Noise(Tokens, 2 * length, 2);
        math.StoreKeysAndValues(keys, values, together, 1, [new SequenceRun(0, 70, Skipped, pages), new SequenceRun(70, Tokens - 70, Skipped + 70, pages)]);
        for (int t = 0; t < Tokens; t++)
        {
            using Activations key = new(1, 2 * length), value = new(1, 2 * length);
            keys[t].CopyTo(key[0]);
            values[t].CopyTo(value[0]);
            math.StoreKeysAndValues(key, value, single, 1, [new SequenceRun(0, 1, Skipped + t, pages)]);
        }

        for (int page = 0; page < 3; page++) Assert.True(Bytes(together, page).SequenceEqual(Bytes(single, page)));
    }

    [Theory, MemberData(nameof(Formats))]
    public void Keys_and_values_are_where_the_format_says(TensorType type, int length)
    {
        KvShape shape = new(3, length, length);
        using var math = new Arithmetic(1);
        using KvPages cache = new(type, type, [shape, shape]);
        cache.Grow();
        using Activations keys = Noise(64, 3 * length, 1), values = Noise(64, 3 * length, 2);
        math.StoreKeysAndValues(keys, values, cache, 1, [new SequenceRun(0, 64, 0, [0])]);
        KvFormat format = cache.Format(1);
        for (int head = 0; head < 3; head++)
        {
            byte* key = cache.Address(0) + format.KeysOffset(head), value = cache.Address(0) + format.ValuesOffset(head);
            for (int t = 0; t < 64; t++)
            {
                for (int d = 0; d < length; d++)
                {
                    float k = keys[t][head * length + d], v = values[t][head * length + d];
                    switch (type)
                    {
                        case TensorType.F32:
                            Assert.Equal(k, ((float*)key)[d * 64 + t]);
                            Assert.Equal(v, ((float*)value)[t * length + d]);
                            break;
                        case TensorType.F16:
                            Assert.Equal((Half)k, ((Half*)key)[d * 64 + t]);
                            Assert.Equal((Half)v, ((Half*)value)[t * length + d]);
                            break;
                        default:
                            float keyScale = (float)((Half*)(key + length * 64))[d / 32 * 64 + t];
                            byte* block = value + (t * length + d) / 32 * 34;
                            float valueScale = (float)*(Half*)block;
                            Assert.Equal(k, ((sbyte*)key)[d * 64 + t] * keyScale, keyScale * 0.6f);
                            Assert.Equal(v, ((sbyte*)block)[2 + d % 32] * valueScale, valueScale * 0.6f);
                            break;
                    }
                }
            }
        }
    }

    [Fact]
    public void Memory_of_pages_that_are_given_up_goes_back_to_the_system()
    {
        using KvPages cache = new(TensorType.F32, TensorType.F32, [new KvShape(8, 128, 128)]);
        int perSlab = (int)(cache.GrowthBytes / cache.PageBytes);
        Assert.Equal((0L, 0), (cache.HeldBytes, cache.Spare));
        int[] pages = [.. Enumerable.Range(0, 3 * perSlab).Select(_ => cache.Grow())];
        Assert.Equal(pages.Length, pages.Distinct().Count());
        Assert.Equal((3 * cache.GrowthBytes, 0, pages.Length), (cache.HeldBytes, cache.Spare, cache.Count));

        // The first slab stays, because a page of it is in use; one more is kept for the next burst.
        foreach (int page in pages[1..]) cache.Free(page);
        Assert.Equal((2 * cache.GrowthBytes, 1), (cache.HeldBytes, cache.Count));
        cache.Trim();
        Assert.Equal((cache.GrowthBytes, perSlab - 1), (cache.HeldBytes, cache.Spare));
    }

    [Fact]
    public void Pages_that_are_given_up_are_used_again_lowest_first_and_the_others_stay_where_they_are()
    {
        using KvPages cache = new(TensorType.F16, TensorType.F16, [new KvShape(8, 128, 128)]);
        int perSlab = (int)(cache.GrowthBytes / cache.PageBytes);
        int[] pages = [.. Enumerable.Range(0, perSlab + 2).Select(_ => cache.Grow())];
        foreach (int page in pages) Bytes(cache, page).Fill((byte)page);
        nint last = (nint)cache.Address(pages[^1]);
        cache.Free(pages[^2]);
        cache.Free(pages[7]);
        cache.Free(pages[3]);
        Assert.Equal([pages[3], pages[7], pages[^2]], new[] { cache.Grow(), cache.Grow(), cache.Grow() });
        Assert.Equal(last, (nint)cache.Address(pages[^1]));
        Assert.All(Bytes(cache, pages[^1]).ToArray(), value => Assert.Equal((byte)pages[^1], value));
    }

    private static Span<byte> Bytes(KvPages cache, int page) => new(cache.Address(page), (int)cache.PageBytes);

    private static void Clear(KvPages cache, int page) => Bytes(cache, page).Clear();

    private static Activations Noise(int rows, int columns, int seed)
    {
        var noise = new Activations(rows, columns);
        var random = new Random(seed);
        for (int t = 0; t < rows; t++)
            foreach (ref float value in noise[t]) value = (float)(random.NextDouble() * 2 - 1) * (random.Next(8) == 0 ? 1e-5f : 1);
        return noise;
    }
}
