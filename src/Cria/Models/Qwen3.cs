using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Qwen 3, also as an embedder and reranker: each head's queries and keys are normalised before they are rotated.</summary>
internal static class Qwen3
{
    public static Transformer Build(ModelReader model) => Build(model, layer => new FeedForward(model, layer));

    /// <summary>Qwen 3 with another feed-forward part.</summary>
    public static Transformer Build(ModelReader model, Func<int, IFeedForward> feedForward)
    {
        NetworkShape shape = model.Shape;
        RopeTable rope = Rotation.Read(model).Table(RopePairing.Halves);
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention)
            {
                Rope = rope,
                QueryNorm = model.Norm($"blk.{layer}.attn_q_norm", shape.KeyLength),
                KeyNorm = model.Norm($"blk.{layer}.attn_k_norm", shape.KeyLength),
            },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = feedForward(layer),
        })
        {
            RankHead = RankHead.ReadWords(model),
        };
    }
}
