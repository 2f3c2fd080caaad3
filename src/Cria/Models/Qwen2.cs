using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Qwen 2 and 2.5: Llama with biases on queries, keys and values, and pairs by halves.</summary>
internal static class Qwen2
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        RopeTable rope = Rotation.Read(model).Table(RopePairing.Halves);
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention) { Rope = rope },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer),
        });
    }
}
