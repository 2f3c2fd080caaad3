namespace LlamaCpp;

/// <summary>A model and its context in llama.cpp.</summary>
internal sealed unsafe class LoadedModel : IDisposable
{
    private readonly LlamaCppOptions _options;
    private readonly nint _model;
    private readonly nint[] _adapters;
    private nint _context;

    public LoadedModel(string path, LlamaCppOptions options)
    {
        _options = options;
        Native.ModelParameters parameters = Native.llama_model_default_params();
        parameters.GpuLayers = 0;
        parameters.VocabularyOnly = options.VocabularyOnly;
        parameters.UseExtraBuffers = options.Repack;
        _model = Native.llama_model_load_from_file(path, parameters);
        if (_model == 0) throw new InvalidOperationException($"llama.cpp could not load {path}.");
        Vocabulary = new Vocabulary(Native.llama_model_get_vocab(_model));
        try
        {
            _adapters = [.. options.Adapters.Select(adapter => LoadAdapter(adapter.Path))];
            if (!options.VocabularyOnly) _context = NewContext(options);
        }
        catch
        {
            Native.llama_model_free(_model);
            throw;
        }
    }

    public Vocabulary Vocabulary { get; }

    private nint Context => _context != 0 ? _context : throw new InvalidOperationException("The model is open for its vocabulary only.");

    public LoadResult Describe(double milliseconds) => new(milliseconds, Vocabulary.Size,
        Native.llama_model_n_ctx_train(_model), Native.llama_model_n_embd(_model), (long)Native.llama_model_n_params(_model));

    /// <summary>Replaces the context by one made for other options.</summary>
    public void Reopen(Func<LlamaCppOptions, LlamaCppOptions> change)
    {
        nint old = Context;
        _context = 0;
        Native.llama_free(old);
        _context = NewContext(change(_options));
    }

    public void Clear() => Native.llama_memory_clear(Native.llama_get_memory(Context), data: true);

    /// <summary>Makes all sequences forget what they hold from a position on.</summary>
    public void Truncate(int length)
    {
        const int allSequences = -1, toTheEnd = -1;
        if (!Native.llama_memory_seq_rm(Native.llama_get_memory(Context), allSequences, length, toTheEnd))
            throw new InvalidOperationException($"llama.cpp could not cut its context to {length} tokens.");
    }

    /// <summary>Appends tokens to the sequence; logits after the last token, or after each.</summary>
    public float[] Logits(ReadOnlySpan<int> tokens, bool all)
    {
        int size = Vocabulary.Size;
        float[] logits = new float[all ? checked(tokens.Length * size) : size];
        for (int start = 0; start < tokens.Length; start += _options.Batch)
        {
            ReadOnlySpan<int> part = tokens.Slice(start, Math.Min(_options.Batch, tokens.Length - start));
            Decode(part, all);
            if (!all) continue;
            for (int i = 0; i < part.Length; i++) LogitsAt(i).CopyTo(logits.AsSpan((start + i) * size));
        }

        if (!all) LogitsAt(-1).CopyTo(logits);
        return logits;
    }

    public int[] Greedy(ReadOnlySpan<int> prompt, int count)
    {
        int[] tokens = new int[count];
        float[] logits = Logits(prompt, all: false);
        for (int i = 0; i < count; i++)
        {
            int best = 0;
            for (int token = 1; token < logits.Length; token++) if (logits[token] > logits[best]) best = token;
            tokens[i] = best;
            if (i + 1 < count) logits = Logits([best], all: false);
        }

        return tokens;
    }

    public ReadOnlySpan<float> Embed(ReadOnlySpan<int> tokens)
    {
        Decode(tokens, outputs: true);
        float* values = Native.llama_get_embeddings_seq(Context, 0);
        if (values is null) values = Native.llama_get_embeddings_ith(Context, -1);
        if (values is null) throw new InvalidOperationException("llama.cpp gave no embeddings; load with Embeddings.");
        int length = _options.Pooling == Pooling.Rank ? (int)Native.llama_model_n_cls_out(_model) : Native.llama_model_n_embd(_model);
        return new ReadOnlySpan<float>(values, length);
    }

    public float[] EmbedAll(ReadOnlySpan<int> tokens)
    {
        Decode(tokens, outputs: true);
        int length = Native.llama_model_n_embd(_model);
        float[] all = new float[tokens.Length * length];
        for (int i = 0; i < tokens.Length; i++)
        {
            float* values = Native.llama_get_embeddings_ith(Context, i);
            if (values is null) throw new InvalidOperationException($"llama.cpp gave no embedding at {i}; load with Embeddings and without pooling.");
            new ReadOnlySpan<float>(values, length).CopyTo(all.AsSpan(i * length));
        }

        return all;
    }

    /// <summary>Appends tokens to sequence 0, with logits after all of them or after the last only.</summary>
    public void Decode(ReadOnlySpan<int> tokens, bool outputs = false)
    {
        sbyte[] flags = new sbyte[tokens.Length];
        if (outputs) Array.Fill(flags, (sbyte)1);
        flags[^1] = 1;
        fixed (int* ids = tokens)
        fixed (sbyte* flag = flags)
        {
            Decode(new Native.Batch { Count = tokens.Length, Tokens = ids, Outputs = flag });
        }
    }

    /// <summary>Appends one token to each of the sequences 0, 1, ….</summary>
    public void DecodeStep(ReadOnlySpan<int> tokens, int position)
    {
        int count = tokens.Length;
        int* positions = stackalloc int[count], counts = stackalloc int[count], sequences = stackalloc int[count];
        int** lists = stackalloc int*[count];
        sbyte* outputs = stackalloc sbyte[count];
        for (int i = 0; i < count; i++)
        {
            (positions[i], counts[i], sequences[i], outputs[i]) = (position, 1, i, 1);
            lists[i] = sequences + i;
        }

        fixed (int* ids = tokens)
        {
            Decode(new Native.Batch
            {
                Count = count,
                Tokens = ids,
                Positions = positions,
                SequenceCounts = counts,
                Sequences = lists,
                Outputs = outputs,
            });
        }
    }

    public void Synchronize() => Native.llama_synchronize(Context);

    public void Dispose()
    {
        if (_context != 0) Native.llama_free(_context);
        Native.llama_model_free(_model);
    }

    private void Decode(Native.Batch batch)
    {
        int result = Native.llama_decode(Context, batch);
        if (result != 0) throw new InvalidOperationException($"llama_decode returned {result} for {batch.Count} tokens.");
    }

    private ReadOnlySpan<float> LogitsAt(int index)
    {
        float* logits = Native.llama_get_logits_ith(Context, index);
        return logits is not null
            ? new ReadOnlySpan<float>(logits, Vocabulary.Size)
            : throw new InvalidOperationException($"llama.cpp gave no logits at {index}.");
    }

    private nint NewContext(LlamaCppOptions options)
    {
        Native.ContextParameters parameters = Native.llama_context_default_params();
        parameters.Context = (uint)options.Context;
        parameters.Batch = (uint)options.Batch;
        parameters.MicroBatch = (uint)options.MicroBatch;
        parameters.MaxSequences = (uint)options.Sequences;
        parameters.UnifiedCache = options.Sequences > 1;
        parameters.Threads = parameters.ThreadsBatch = options.Threads;
        parameters.KeyType = (int)options.KeyType;
        parameters.ValueType = (int)options.ValueType;
        parameters.FlashAttention = (int)options.FlashAttention;
        parameters.Embeddings = options.Embeddings;
        parameters.PoolingType = (int)options.Pooling;
        nint context = Native.llama_init_from_model(_model, parameters);
        if (context == 0) throw new InvalidOperationException("llama.cpp could not make a context.");
        float[] scales = [.. options.Adapters.Select(adapter => adapter.Scale)];
        fixed (nint* adapters = _adapters)
        fixed (float* scale = scales)
        {
            Native.llama_set_adapters_lora(context, adapters, (nuint)scales.Length, scale);
        }

        return context;
    }

    /// <summary>Loads an adapter, which goes with the model.</summary>
    private nint LoadAdapter(string path)
    {
        nint adapter = Native.llama_adapter_lora_init(_model, path);
        return adapter != 0 ? adapter : throw new InvalidOperationException($"llama.cpp could not load {path}.");
    }
}
