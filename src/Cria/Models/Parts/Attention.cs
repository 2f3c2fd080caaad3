using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>One layer's attention: projections, optional normalisation and rotation, the cache, and the way back.</summary>
internal sealed class Attention
{
    private readonly Linear _query, _key, _value, _output;
    private readonly AttentionShape _shape;
    private readonly int _layer, _keyLength;
    private readonly Activations _queries, _keys, _values, _attended;

    /// <summary>Reads a layer's projections, which may lie in one fused matrix.</summary>
    public Attention(ModelReader model, int layer, AttentionShape shape)
    {
        NetworkShape sizes = model.Shape;
        _layer = layer;
        _shape = sizes.IsCausal ? shape : shape with { IsCausal = false };
        _keyLength = sizes.KeyLength;
        int embedding = sizes.EmbeddingLength;
        int queries = sizes.Heads * sizes.KeyLength, keys = sizes.KeyValueHeads * sizes.KeyLength;
        int values = sizes.KeyValueHeads * sizes.ValueLength, attended = sizes.Heads * sizes.ValueLength;
        string blk = $"blk.{layer}";
        if (model.Has($"{blk}.attn_qkv.weight"))
        {
            Linear fused = model.Linear($"{blk}.attn_qkv", embedding, queries + keys + values);
            _query = fused.Slice(0, queries);
            _key = fused.Slice(queries, keys);
            _value = fused.Slice(queries + keys, values);
        }
        else
        {
            _query = model.Linear($"{blk}.attn_q", embedding, queries);
            _key = model.Linear($"{blk}.attn_k", embedding, keys);
            _value = model.Linear($"{blk}.attn_v", embedding, values);
        }

        _output = model.Linear($"{blk}.attn_output", attended, embedding);
        _queries = model.Workspace.Buffer("queries", queries);
        _keys = model.Workspace.Buffer("keys", keys);
        _values = model.Workspace.Buffer("values", values);
        _attended = model.Workspace.Buffer("attended", attended);
    }

    /// <summary>The rotation of queries and keys; null for a layer that knows no positions.</summary>
    public RopeTable? Rope { get; init; }

    /// <summary>Normalises queries, by head or as a whole, before they are rotated.</summary>
    public Norm? QueryNorm { get; init; }

    /// <summary>Normalises keys before they are rotated and cached.</summary>
    public Norm? KeyNorm { get; init; }

    /// <summary>Computes the batch's queries, keys and values from its normalised rows and caches keys and values.</summary>
    public void Project(Pass pass, Activations x)
    {
        Arithmetic math = pass.Math;
        _queries.Resize(x.Rows);
        _keys.Resize(x.Rows);
        _values.Resize(x.Rows);
        math.MatMul(x, _query.Weight, _queries, _key.Weight, _keys, _value.Weight, _values);
        _query.Complete(math, x, _queries);
        _key.Complete(math, x, _keys);
        _value.Complete(math, x, _values);
        QueryNorm?.RunInPlace(math, _queries);
        KeyNorm?.RunInPlace(math, _keys);
        if (Rope is not null)
        {
            math.Rope(_queries, _keyLength, Rope, pass.Positions);
            math.Rope(_keys, _keyLength, Rope, pass.Positions);
        }

        math.StoreKeysAndValues(_keys, _values, pass.Pages, _layer, pass.Runs);
    }

    /// <summary>Lets the projected queries attend over the cache; the rows returned are still to go through <see cref="Output"/>.</summary>
    public Activations Attend(Pass pass)
    {
        _attended.Resize(_queries.Rows);
        pass.Math.Attention(_queries, pass.Pages, _layer, _shape, pass.Runs, _attended);
        return _attended;
    }

    /// <summary>y = the attended rows, projected back to the embedding's length.</summary>
    public void Output(Arithmetic math, Activations attended, Activations y) => _output.Run(math, attended, y);
}
