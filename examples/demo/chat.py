"""A chat whose people have names: the session knows them, so they are the same in each of somebody's tabs."""

from django import forms
from django.shortcuts import redirect, render

from djng.presence import Presence


class NameForm(forms.Form):
    name = forms.CharField(label='Your name', max_length=30)
    name.widget.attrs['autocomplete'] = 'nickname'


def chat(request):
    form = NameForm(request.POST or None, initial={'name': request.session.get('name')})
    if form.is_valid():
        request.session['name'] = form.cleaned_data['name']
        return redirect('chat')
    # By this key the list of who is there knows who has this page open.
    me = {'key': Presence('chat').key(request), 'name': request.session.get('name', '')}
    return render(request, 'demo/chat.html', {'form': form, 'me': me})
