using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// Phi 3 and 4: fused projections, and longrope's factors for short and long contexts. The sliding window that some
/// files state is not applied: llama.cpp does not either, for what converters wrote there cannot be relied on.
/// </summary>
internal static class Phi3
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Halves, rotation.Factors(model));
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention) { Rope = rope },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer, isFused: true),
        });
    }
}
