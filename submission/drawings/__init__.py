"""Evidence becomes SVG: figures, charts, flow charts, threats; draws what is given and asks for nothing."""
