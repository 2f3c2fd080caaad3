using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>BERT, RoBERTa and what grew from them: an encoder that knows positions by a table and normalises after each half.</summary>
internal static class Bert
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        if (model.ContextLength > shape.TrainedContext)
        {
            throw new InvalidOptionException(nameof(model.ContextLength), model.ContextLength,
                $"at most {shape.TrainedContext}, because this model has no more positions");
        }

        return Build(model, layer => new FeedForward(model, layer, Gate.None), rope: null,
            positions: model.Matrix("position_embd.weight", shape.EmbeddingLength, shape.TrainedContext));
    }

    /// <summary>An encoder of BERT's form with another feed-forward part, and positions from a table or by rotation.</summary>
    public static Transformer Build(ModelReader model, Func<int, IFeedForward> feedForward, RopeTable? rope, Weight? positions)
    {
        NetworkShape shape = model.Shape;
        int embedding = shape.EmbeddingLength;
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            Attention = new Attention(model, layer, attention) { Rope = rope },
            AttentionOutputNorm = model.LayerNorm($"blk.{layer}.attn_output_norm", embedding),
            FeedForward = feedForward(layer),
            FeedForwardOutputNorm = model.LayerNorm($"blk.{layer}.layer_output_norm", embedding),
        }, isEncoder: true)
        {
            // All of a text is of the first type, "sentence A".
            TypeEmbedding = model.Has("token_types.weight")
                ? model.Vector("token_types.weight", embedding, model.Rows("token_types.weight"))[..embedding]
                : null,
            PositionEmbedding = positions,
            EmbeddingNorm = model.LayerNorm("token_embd_norm", embedding),
            RankHead = RankHead.Read(model),
        };
    }
}
