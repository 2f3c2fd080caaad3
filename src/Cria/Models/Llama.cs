using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Llama 1 to 3, Mistral, Mixtral and the many models that share their form.</summary>
internal static class Llama
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Neighbours, rotation.Factors(model));
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention) { Rope = rope },
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = shape.Experts > 0 ? new Experts(model, layer, shape.FeedForwardLength) : new FeedForward(model, layer),
        });
    }
}
