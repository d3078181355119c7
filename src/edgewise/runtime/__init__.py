"""One small adapter per inference engine, behind one Protocol (`edgewise.runtime.session`)."""
