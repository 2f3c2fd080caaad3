using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// OLMo 2 and 3: no norm before either half but one after, and queries and keys normalised over all heads together.
/// OLMo 3 has three layers in four under a window, whose rotation is never scaled.
/// </summary>
internal static class Olmo2
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Halves);
        RopeTable windowRope = (rotation with { Scale = 1, IsYarn = false, AttentionFactor = 1 }).Table(RopePairing.Halves);
        var windows = SlidingWindow.Read(model, period: 4);
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            Attention = new Attention(model, layer, attention with { Window = windows.Of(layer) })
            {
                Rope = windows.Of(layer) > 0 ? windowRope : rope,
                QueryNorm = model.Norm($"blk.{layer}.attn_q_norm", shape.Heads * shape.KeyLength),
                KeyNorm = model.Norm($"blk.{layer}.attn_k_norm", shape.KeyValueHeads * shape.KeyLength),
            },
            AttentionPostNorm = model.Norm($"blk.{layer}.post_attention_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer),
            FeedForwardPostNorm = model.Norm($"blk.{layer}.post_ffw_norm", shape.EmbeddingLength),
        });
    }
}
