using Cria.Tensors.Kernels.Attention;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>Tokens from which storing is worth more than one thread.</summary>
    private const int TokensToShare = 16;

    private readonly NativeBuffer _stores = new();

    /// <summary>Stores the keys and values of all rows at their positions in the cache.</summary>
    public void StoreKeysAndValues(Activations keys, Activations values, KvPages cache, int layer, ReadOnlySpan<SequenceRun> runs)
    {
        KvFormat format = cache.Format(layer);
        KvShape shape = format.Shape;
        Check(keys.Columns == shape.KeyValueHeads * shape.KeyLength && values.Columns == shape.KeyValueHeads * shape.ValueLength && keys.Rows == values.Rows, "StoreKeysAndValues: shapes differ.");
        int pages = 0, tokens = 0;
        foreach (SequenceRun run in runs)
        {
            Check(run.FirstRow + run.Count <= keys.Rows, "StoreKeysAndValues: shapes differ.");
            pages += run.Count / KvPages.PageTokens + 2;
            tokens += run.Count;
        }

        var stores = (Store*)_stores.Reserve(pages * sizeof(Store));
        pages = 0;
        foreach (SequenceRun run in runs)
        {
            for (int done = 0; done < run.Count; done += stores[pages++].Count)
            {
                int position = run.FirstPosition + done, slot = position % KvPages.PageTokens;
                byte* page = cache.Address(run.Pages[position / KvPages.PageTokens]);
                stores[pages] = new Store { Page = page, Row = run.FirstRow + done, Slot = slot, Count = Math.Min(run.Count - done, KvPages.PageTokens - slot) };
            }
        }

        var work = new StoreWork { Keys = new RowPair(keys, keys), Values = new RowPair(values, values), KeyStride = keys.Stride, ValueStride = values.Stride, Format = format, Stores = stores };
        int tasks = pages * shape.KeyValueHeads;
        if (tokens >= TokensToShare) _team.Run(ref work, tasks);
        else for (int task = 0; task < tasks; task++) work.Execute(task, 0);
        GC.KeepAlive(cache);
    }

    /// <summary>Neighbouring rows that go to one page.</summary>
    private struct Store
    {
        public byte* Page;
        public int Row;
        public int Slot;
        public int Count;
    }

    /// <summary>A task is one head's part of one store.</summary>
    private struct StoreWork : IParallelWork
    {
        public RowPair Keys;
        public RowPair Values;
        public nint KeyStride;
        public nint ValueStride;
        public KvFormat Format;
        public Store* Stores;

        public readonly void Execute(int task, int worker)
        {
            KvShape shape = Format.Shape;
            Store store = Stores[task / shape.KeyValueHeads];
            int head = task % shape.KeyValueHeads;
            KvNarrowing.StoreKeys(Format.KeyType, store.Page + Format.KeysOffset(head), store.Slot, store.Count,
                Keys.X(store.Row) + head * shape.KeyLength, KeyStride, shape.KeyLength);
            KvNarrowing.StoreValues(Format.ValueType, store.Page + Format.ValuesOffset(head), store.Slot, store.Count,
                Values.X(store.Row) + head * shape.ValueLength, ValueStride, shape.ValueLength);
        }
    }
}
