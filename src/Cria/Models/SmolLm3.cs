using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>SmolLM 3: Llama in which every fourth layer knows no positions.</summary>
internal static class SmolLm3
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        RopeTable rope = Rotation.Read(model).Table(RopePairing.Neighbours);
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention) { Rope = layer % 4 == 3 ? null : rope },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer),
        });
    }
}
